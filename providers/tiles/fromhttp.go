package tiles

import "net/http"

// FromHTTP labels the body of an answer with what its headers say: content type
// in its registered spelling, validators and caching. It judges nothing: the
// adapter has looked at the status before, sets the attribution and asks
// [Tile.Answers] after.
func FromHTTP(id ID, h http.Header, body []byte) Tile {
	t := Tile{ID: id, Data: body, ContentType: MediaType(h.Get("Content-Type"))}
	return t.Renewed(h)
}

// Renewed is the tile with the validators and the caching of newer headers, such
// as those of a 304, which keeps a validator that it does not repeat (RFC 9111
// section 3.2).
func (t Tile) Renewed(h http.Header) Tile {
	if v := h.Get("ETag"); v != "" {
		t.ETag = v
	}
	if v := h.Get("Last-Modified"); v != "" {
		t.LastModified = v
	}
	c := ParseCaching(h)
	t.MaxAge, t.NoStore, t.NoStale = c.MaxAge, c.NoStore, c.NoStale
	return t
}
