// Package tiles is the capability of map tiles: one square picture of the map
// for one place and zoom, by its number. A vendor is a [Provider] of one
// method.
//
// The law of a tile provider, besides that of package providers:
//
//   - A question is checked before anybody is asked ([ID.Validate]); a number
//     outside the grid is invalid, a tile outside what the vendor covers is
//     notfound, also without asking.
//   - A tile is a tile only if everything agrees: the number asked for, status,
//     content type, magic bytes, the picture's own structure to its last byte
//     and its size in pixels ([Tile.Answers]). Error pages with status 200,
//     warning pictures of one pixel and cut bodies are faults, never tiles.
//   - Attribution travels with the tile: a provider that does not know whose
//     map it is has not answered. Show it beside the map.
//   - One tile is asked for by one person looking at one map. A provider has no
//     bulk call, and nothing here seeds, scrapes or prefetches: the terms of
//     every vendor forbid it. For an offline base convert your own extract.
//   - What may be kept is what the vendor says ([Caching]) within what its terms
//     allow (the Retention constant of each vendor package).
//   - Keys sit in paths and queries of tile vendors: no error shows one, because
//     no error shows a URL.
//   - A public courtesy server is never a site's only substitute.
//
// Providers are safe for concurrent use and do not keep the bytes they
// return; whoever keeps a Tile shares its Data read-only.
package tiles
