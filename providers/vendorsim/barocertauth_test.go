package vendorsim

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func startBarocert(t *testing.T, cfg BarocertConfig) (*Barocert, *http.Client) {
	t.Helper()
	b, err := StartBarocert(cfg)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b, browser(t)
}

// sheetKey is bytes 0 to 31, as in the vectors of the fact sheet.
func sheetKey() []byte {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i)
	}
	return key
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func hmacOf(text string) string {
	mac := hmac.New(sha256.New, sheetKey())
	mac.Write([]byte(text))
	return base64Of(mac.Sum(nil))
}

// sealed encrypts a field as the documents say.
func sealed(t *testing.T, text string) string {
	t.Helper()
	block, err := aes.NewCipher(sheetKey())
	require.NoError(t, err)
	gcm, err := cipher.NewGCM(block)
	require.NoError(t, err)
	iv := make([]byte, 12)
	_, _ = rand.Read(iv)
	return base64Of(gcm.Seal(iv, iv, []byte(text), nil))
}

func sheetTime() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// login gets a session token for the scopes.
func (b *Barocert) login(t *testing.T, c *http.Client, scopes ...string) string {
	t.Helper()
	body := `{"scope":["` + strings.Join(scopes, `","`) + `"]}`
	date := b.now().UTC().Format("2006-01-02T15:04:05Z")
	sum := sha256.Sum256([]byte(body))
	sig := hmacOf("POST\n" + base64Of(sum[:]) + "\n" + date + "\n2.0\n/BAROCERT/Token")
	r := say(t, c, "POST", b.URL()+"/BAROCERT/Token", body, "x-lh-date", date, "x-lh-version", "2.0", "Authorization", "LINKHUB DEMO "+sig, "Content-Type", "Application/json")
	require.Equal(t, 200, r.status, r.body)
	return r.json(t)["session_token"].(string)
}

// signedPost is a POST as a library of the vendor would make it.
func (b *Barocert) signedPost(t *testing.T, c *http.Client, token, path, body string, header ...string) reply {
	t.Helper()
	date := b.now().UTC().Format("2006-01-02T15:04:05.000Z")
	text := "POST\n"
	if body != "" {
		sum := sha256.Sum256([]byte(body))
		text += base64Of(sum[:]) + "\n"
	}
	h := append([]string{"Authorization", "Bearer " + token, "x-bc-date", date, "x-bc-version", "2.1", "x-bc-auth", hmacOf(text + date + "\n" + path + "\n"), "x-bc-encryptionmode", "GCM"}, header...)
	return say(t, c, "POST", b.URL()+path, body, h...)
}

func problem(t *testing.T, r reply, code int, why string) {
	t.Helper()
	require.Equal(t, 400, r.status, "%s: %s", why, r.body)
	require.Regexp(t, fmt.Sprintf(`^\{"code":%d,"message":"[^"]+"\}$`, code), r.body, why)
}

// The vectors of the fact sheet, on a server whose clock stands there, and ways to be wrong.
func TestLinkhubVectors(t *testing.T) {
	const body = `{"scope":["partner","401"]}`
	good := []string{"x-lh-date", "2026-01-02T03:04:05Z", "x-lh-version", "2.0", "Authorization", "LINKHUB DEMO Ysqqm920D+ayen3/QKmd0fhoh4UJAeMQFTGmV9XxOjQ=", "Content-Type", "Application/json"}
	for name, tc := range map[string]struct {
		body   string
		change []string
		off    time.Duration
		code   int
	}{
		"as it is":                  {body, nil, 0, 0},
		"forwarded":                 {body, []string{"x-lh-forwarded", "*", "Authorization", "LINKHUB DEMO gQKTH7v5I6a6ZNFcv6V6HaY7OGNLa3AVtUwlb2Jculc="}, 0, 0},
		"forwarded, not signed":     {body, []string{"x-lh-forwarded", "*"}, 0, codeSignature},
		"signed as forwarded":       {body, []string{"Authorization", "LINKHUB DEMO gQKTH7v5I6a6ZNFcv6V6HaY7OGNLa3AVtUwlb2Jculc="}, 0, codeSignature},
		"another body":              {`{"scope":["partner","402"]}`, nil, 0, codeSignature},
		"another date":              {body, []string{"x-lh-date", "2026-01-02T03:04:06Z"}, 0, codeSignature},
		"F38 stale":                 {body, nil, 6 * time.Minute, codeDate},
		"F38 from the future":       {body, nil, -6 * time.Minute, codeDate},
		"four minutes":              {body, nil, 4 * time.Minute, 0},
		"no date":                   {body, []string{"x-lh-date", ""}, 0, codeFormat},
		"another version":           {body, []string{"x-lh-version", "1.0"}, 0, codeFormat},
		"another scheme":            {body, []string{"Authorization", "Bearer DEMO Ysqqm920D+ayen3/QKmd0fhoh4UJAeMQFTGmV9XxOjQ="}, 0, codeFormat},
		"another link ID":           {body, []string{"Authorization", "LINKHUB demo Ysqqm920D+ayen3/QKmd0fhoh4UJAeMQFTGmV9XxOjQ="}, 0, codeLink},
		"a line end too many":       {body, []string{"Authorization", "LINKHUB DEMO " + hmacOf("POST\nCwKXuOdIu8bInO/YO7AI+TvQ/aiJjwV4AfoMoGzJJ14=\n2026-01-02T03:04:05Z\n2.0\n/BAROCERT/Token\n")}, 0, codeSignature},
		"no JSON":                   {body, []string{"Content-Type", "text/plain"}, 0, codeFormat},
		"the digest of the sheet":   {body, []string{"Authorization", "LINKHUB DEMO " + hmacOf("POST\nCwKXuOdIu8bInO/YO7AI+TvQ/aiJjwV4AfoMoGzJJ14=\n2026-01-02T03:04:05Z\n2.0\n/BAROCERT/Token")}, 0, 0},
		"the secret as plain text":  {body, []string{"Authorization", "LINKHUB DEMO " + strings.Repeat("A", 43) + "="}, 0, codeSignature},
		"signed with the empty key": {body, []string{"Authorization", "LINKHUB DEMO"}, 0, codeFormat},
	} {
		t.Run(name, func(t *testing.T) {
			b, c := startBarocert(t, BarocertConfig{})
			b.Advance(time.Until(sheetTime().Add(tc.off)))
			r := say(t, c, "POST", b.URL()+"/BAROCERT/Token", tc.body, append(good[:len(good):len(good)], tc.change...)...)
			if tc.code != 0 {
				problem(t, r, tc.code, name)
				return
			}
			require.Equal(t, 200, r.status, r.body)
			m := r.json(t)
			require.Equal(t, "BAROCERT DEMO", m["serviceID"].(string)+" "+m["linkID"].(string))
			require.NotEmpty(t, m["session_token"])
			require.Regexp(t, `^2026-01-02T0[34]:\d\d:\d\d\.\d{3}Z$`, m["expiration"])
		})
	}
}

func TestLinkhubScopesAndTime(t *testing.T) {
	b, c := startBarocert(t, BarocertConfig{})
	sign := func(body string) reply {
		date := time.Now().UTC().Format(time.RFC3339)
		sum := sha256.Sum256([]byte(body))
		return say(t, c, "POST", b.URL()+"/BAROCERT/Token", body, "x-lh-date", date, "x-lh-version", "2.0",
			"Authorization", "LINKHUB DEMO "+hmacOf("POST\n"+base64Of(sum[:])+"\n"+date+"\n2.0\n/BAROCERT/Token"))
	}
	problem(t, sign(`{"scope":["partner","499"]}`), codeScope, "unknown")
	problem(t, sign(`{"scope":[]}`), codeFormat, "none")
	problem(t, sign(`{"scope":["partner"],"x":1}`), codeFormat, "unknown field")
	require.Equal(t, 200, sign(`{"access_id":"1","scope":["partner","441","442"]}`).status)

	r := ask(t, c, "GET", b.URL()+"/Time", nil)
	_, err := time.Parse("2006-01-02T15:04:05Z", r.body)
	require.NoError(t, err)
	token := b.login(t, c, "partner")
	require.Equal(t, `{"remainPoint":1000000}`, ask(t, c, "GET", b.URL()+"/BAROCERT/Point", nil, "Authorization", "Bearer "+token).body)
	problem(t, ask(t, c, "GET", b.URL()+"/BAROCERT/Point", nil), codeToken, "no token")
	require.Equal(t, 405, ask(t, c, "POST", b.URL()+"/Time", nil).status)
}

// x-bc-auth: the vectors of the fact sheet, and ways to be wrong. What comes after the signature is another mistake, by
// which a right one is known.
func TestBarocertSignatureVectors(t *testing.T) {
	const withBody, noBody = "PtUHg8f/ZF30uVNr+fk5L05HxhirJd6p9p+XWxRUkCY=", "F1UIGowMQFswbhIqFcNADrlX8f8nazvgV/4EyulF5UI="
	const request, verify = "/KAKAO/Identity/000000000001", "/KAKAO/Identity/Verify/000000000001/00000000000000000000000000000001"
	for name, tc := range map[string]struct {
		path, body, auth string
		change           []string
		off              time.Duration
		code             int
	}{
		"with a body":         {request, `{"a":1}`, withBody, nil, 0, codeField},
		"without":             {verify, "", noBody, nil, 0, codeReceipt},
		"another path":        {"/PASS/Identity/000000000001", `{"a":1}`, withBody, nil, 0, codeSignature},
		"another body":        {request, `{"a":2}`, withBody, nil, 0, codeSignature},
		"another date":        {request, `{"a":1}`, withBody, []string{"x-bc-date", "2026-01-02T03:04:05.000Z"}, 0, codeSignature},
		"no line at the end":  {request, `{"a":1}`, hmacOf("POST\nAVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI=\n2026-01-02T03:04:05Z\n/KAKAO/Identity/000000000001"), nil, 0, codeSignature},
		"a line at the end":   {request, `{"a":1}`, hmacOf("POST\nAVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI=\n2026-01-02T03:04:05Z\n/KAKAO/Identity/000000000001\n"), nil, 0, codeField},
		"F38 stale":           {request, `{"a":1}`, withBody, nil, 6 * time.Minute, codeDate},
		"F38 from the future": {verify, "", noBody, nil, -6 * time.Minute, codeDate},
		"no signature":        {request, `{"a":1}`, "", nil, 0, codeFormat},
		"no date":             {request, `{"a":1}`, withBody, []string{"x-bc-date", ""}, 0, codeFormat},
		"no version":          {verify, "", noBody, []string{"x-bc-version", ""}, 0, codeReceipt},
		"another version":     {verify, "", noBody, []string{"x-bc-version", "2.0"}, 0, codeFormat},
		"CBC":                 {request, `{"a":1}`, withBody, []string{"x-bc-encryptionmode", "CBC"}, 0, codeFormat},
		"no token":            {request, `{"a":1}`, withBody, []string{"Authorization", ""}, 0, codeToken},
		"a wrong token":       {request, `{"a":1}`, withBody, []string{"Authorization", "Bearer x"}, 0, codeToken},
	} {
		t.Run(name, func(t *testing.T) {
			b, c := startBarocert(t, BarocertConfig{})
			b.Advance(time.Until(sheetTime().Add(tc.off)))
			h := append([]string{"Authorization", "Bearer " + b.login(t, c, "partner", "401", "441"), "x-bc-date", "2026-01-02T03:04:05Z", "x-bc-version", "2.1", "x-bc-auth", tc.auth, "x-bc-encryptionmode", "GCM"}, tc.change...)
			problem(t, say(t, c, "POST", b.URL()+tc.path, tc.body, h...), tc.code, name)
		})
	}
}

func TestBarocertSessions(t *testing.T) {
	b, c := startBarocert(t, BarocertConfig{TokenTTL: time.Minute})
	kakao := b.login(t, c, "partner", "401")
	status := func(token, vendor string) reply {
		return ask(t, c, "GET", b.URL()+"/"+vendor+"/Identity/000000000001/1", nil, "Authorization", "Bearer "+token)
	}
	problem(t, status(kakao, "KAKAO"), codeReceipt, "let in")
	problem(t, status(kakao, "PASS"), codeScope, "scope of the other")
	problem(t, status(b.login(t, c, "401"), "KAKAO"), codeScope, "no partner")
	b.Advance(time.Minute)
	problem(t, status(kakao, "KAKAO"), codeToken, "expired")
	kakao = b.login(t, c, "partner", "401")
	b.ForgetTokens()
	problem(t, status(kakao, "KAKAO"), codeToken, "forgotten")
}

// Fields: the vector of the fact sheet opens, anything bent does not.
func TestBarocertFieldVector(t *testing.T) {
	b, _ := startBarocert(t, BarocertConfig{})
	const vector = "AAECAwQFBgcICQoLdzPmKvfW9i67dq82sQamL6bjkx/n2plMXkIV"
	text, ok := b.open(vector)
	require.True(t, ok)
	require.Equal(t, "01012345678", text)
	_, ok = b.open(vector)
	require.False(t, ok, "an IV used before")
	for _, bad := range []string{"", "x", "01012345678", base64Of([]byte("short")), strings.Replace(sealed(t, "01012345678"), "A", "B", 1) + "=", base64Of(make([]byte, 40))} {
		_, ok := b.open(bad)
		require.False(t, ok, bad)
	}
	loose, _ := startBarocert(t, BarocertConfig{LooseReplay: true})
	for range 2 {
		_, ok = loose.open(vector)
		require.True(t, ok)
	}
}

// The same signed request again: refused, or taken when the server is loose, so that the citizen is asked twice.
func TestBarocertReplay(t *testing.T) {
	for _, loose := range []bool{false, true} {
		b, c := startBarocert(t, BarocertConfig{LooseReplay: loose, Skew: time.Minute})
		token := b.login(t, c, "partner", "401")
		const path = "/KAKAO/Identity/Verify/000000000001/00000000000000000000000000000001"
		date := b.now().UTC().Format("2006-01-02T15:04:05Z")
		h := []string{"Authorization", "Bearer " + token, "x-bc-date", date, "x-bc-auth", hmacOf("POST\n" + date + "\n" + path + "\n")}
		problem(t, say(t, c, "POST", b.URL()+path, "", h...), codeReceipt, "first")
		want := codeReplay
		if loose {
			want = codeReceipt
		}
		problem(t, say(t, c, "POST", b.URL()+path, "", h...), want, "again")
	}
}
