package providers_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	htmltemplate "html/template"
	"io"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
)

// exported and hidden hold a secret in every way a struct can.
type exported struct {
	Plain   providers.Secret
	Pointer *providers.Secret
	In      []providers.Secret
	By      map[string]providers.Secret
	Any     any
}

type hidden struct {
	plain   providers.Secret
	pointer *providers.Secret
	in      []providers.Secret
	by      map[string]*providers.Secret
	all     any
}

type embedded struct{ providers.Secret }

func holders() map[string]any {
	s := providers.NewSecret(canary)
	e := exported{s, &s, []providers.Secret{s}, map[string]providers.Secret{"k": s}, s}
	h := hidden{s, &s, []providers.Secret{s}, map[string]*providers.Secret{"k": &s}, s}
	return map[string]any{
		"itself": s, "pointer": &s, "exported fields": e, "pointer to exported fields": &e, "unexported fields": h, "pointer to unexported fields": &h,
		"slice of pointers": []*exported{&e}, "slice of pointers to unexported fields": []*hidden{&h}, "map of pointers": map[string]*hidden{"k": &h},
		"array": [1]hidden{h}, "embedded": struct{ hidden }{h}, "embedded secret": embedded{s},
	}
}

// found looks for the canary in the forms in which text gets encoded.
func found(t *testing.T, where, out string) {
	t.Helper()
	for _, form := range []string{canary, url.QueryEscape(canary), fmt.Sprintf("%x", canary), fmt.Sprintf("%d", []byte(canary)), base64.StdEncoding.EncodeToString([]byte(canary))} {
		assert.NotContains(t, strings.ToLower(out), strings.ToLower(form), where)
	}
}

func TestSecretNeverPrints(t *testing.T) {
	for name, v := range holders() {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%o", "%b", "%c", "%U", "%e", "%t", "%p", "%T", "%w", "%!", "%z", "%[2]v", "%*v"} {
				found(t, verb, fmt.Sprintf(verb, v)) // wrong verbs are meant: fmt then calls no method
				found(t, "error "+verb, fmt.Errorf(verb, v).Error())
			}
			found(t, "print", fmt.Sprint(v, v)+fmt.Sprintln(v))
			var out bytes.Buffer
			slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", v, slog.Group("g", "key", v))
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "key", v, slog.Group("g", "key", v))
			js, err := json.Marshal(v)
			require.NoError(t, err)
			out.Write(js)
			_ = xml.NewEncoder(&out).Encode(v) // not everything can be XML; what was written counts
			require.NoError(t, template.Must(template.New("").Parse("{{.}} {{printf `%s` .}}")).Execute(&out, v))
			require.NoError(t, htmltemplate.Must(htmltemplate.New("").Parse(`<a title="{{.}}" onclick="f({{.}})">{{.}}</a>`)).Execute(&out, v))
			found(t, "encoders", out.String())
			walk(&out, reflect.ValueOf(v), 0)
			found(t, "reflection", out.String())
		})
	}
}

// walk prints all that reflection reaches, as printers for debugging do.
func walk(w io.Writer, v reflect.Value, depth int) {
	if depth > 20 || !v.IsValid() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		walk(w, v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			walk(w, v.Field(i), depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(w, v.Index(i), depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			walk(w, it.Key(), depth+1)
			walk(w, it.Value(), depth+1)
		}
	default:
		_, _ = fmt.Fprint(w, v) // of a reflect.Value, fmt prints what it holds
	}
}

func TestSecretIsRevealedOnPurposeOnly(t *testing.T) {
	s := providers.NewSecret(canary)
	assert.Equal(t, canary, s.Reveal())
	assert.False(t, s.IsZero())
	assert.Equal(t, "***", s.String())

	var none providers.Secret
	assert.Empty(t, none.Reveal())
	assert.True(t, none.IsZero())
	assert.True(t, providers.NewSecret("").IsZero())
	assert.Equal(t, "***", none.String(), "not even whether there is one")
}

func TestSecretEqual(t *testing.T) {
	a := providers.NewSecret("one")
	assert.True(t, a.Equal(providers.NewSecret("one")))
	assert.False(t, a.Equal(providers.NewSecret("ones")))
	assert.False(t, a.Equal(providers.NewSecret("two")))
	assert.False(t, a.Equal(providers.Secret{}))
	assert.True(t, providers.Secret{}.Equal(providers.NewSecret("")))
}

func TestSecretIsReadFromConfiguration(t *testing.T) {
	var cfg struct{ Key, Other, None providers.Secret }
	require.NoError(t, json.Unmarshal([]byte(`{"Key":"k\"1","Other":""}`), &cfg))
	assert.Equal(t, `k"1`, cfg.Key.Reveal())
	assert.True(t, cfg.Other.IsZero())
	assert.True(t, cfg.None.IsZero())

	flags := flag.NewFlagSet("", flag.ContinueOnError)
	var out bytes.Buffer
	flags.SetOutput(&out)
	var key providers.Secret
	flags.TextVar(&key, "key", providers.NewSecret(canary), "a key")
	require.NoError(t, flags.Parse([]string{"-key", "typed"}))
	assert.Equal(t, "typed", key.Reveal())
	flags.PrintDefaults()
	found(t, "usage", out.String())
}

func TestWhatASecretPrintedIsNoSecret(t *testing.T) {
	js, err := json.Marshal(struct{ Key providers.Secret }{providers.NewSecret(canary)})
	require.NoError(t, err)
	var back struct{ Key providers.Secret }
	require.Error(t, json.Unmarshal(js, &back), "a site that reads its own printed configuration must not start with the key ***")
	assert.True(t, back.Key.IsZero())
	assert.Error(t, json.Unmarshal([]byte(`{"Key":17}`), &back))
}

func TestSecretSurvivesSealing(t *testing.T) {
	type ticket struct {
		S, None providers.Secret
		In      []providers.Secret
	}
	var buf bytes.Buffer
	require.NoError(t, gob.NewEncoder(&buf).Encode(ticket{S: providers.NewSecret(canary), In: []providers.Secret{{}, providers.NewSecret("x")}}))
	var back ticket
	require.NoError(t, gob.NewDecoder(&buf).Decode(&back))
	assert.Equal(t, canary, back.S.Reveal())
	assert.True(t, back.None.IsZero())
	require.Len(t, back.In, 2)
	assert.True(t, back.In[0].IsZero())
	assert.Equal(t, "x", back.In[1].Reveal())
}
