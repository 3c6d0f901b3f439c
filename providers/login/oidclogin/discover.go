package oidclogin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/detour-go/detour/providers"
)

var errDiscovered = errors.New("the document is of another issuer")

// Discover asks the issuer of cfg for its endpoints (OpenID Connect Discovery
// 1.0) and fills in those that cfg leaves empty, and RequireIssuer. It is for a
// person writing a configuration down, not for a service that starts: New never
// needs it. Errors are *providers.Error; cfg is then returned as it came.
func Discover(ctx context.Context, cfg Config) (Config, error) {
	named := cfg
	if named.Name == "" {
		named.Name = "oidc"
	}
	at, err := newEndpoint(named, strings.TrimSuffix(cfg.Issuer, "/")+"/.well-known/openid-configuration", 0, 0)
	if err != nil {
		return cfg, &providers.Error{Provider: named.Name, Op: "discovery", Kind: providers.Invalid, Err: fmt.Errorf("issuer: %w", err)}
	}
	var doc struct {
		Issuer   string `json:"issuer"`
		Auth     string `json:"authorization_endpoint"`
		Token    string `json:"token_endpoint"`
		JWKS     string `json:"jwks_uri"`
		Userinfo string `json:"userinfo_endpoint"`
		Iss      bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if _, err := at.read(ctx, "discovery", http.Header{"Accept": {"application/json"}}, &doc); err != nil {
		return cfg, err
	}
	if doc.Issuer != cfg.Issuer { // Discovery section 4.3: exactly
		return cfg, at.client.Fail("discovery", providers.Security, "", errDiscovered)
	}
	for _, f := range []struct {
		to   *string
		from string
	}{{&cfg.AuthURL, doc.Auth}, {&cfg.TokenURL, doc.Token}, {&cfg.JWKSURL, doc.JWKS}, {&cfg.UserinfoURL, doc.Userinfo}} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	cfg.RequireIssuer = cfg.RequireIssuer || doc.Iss
	return cfg, nil
}
