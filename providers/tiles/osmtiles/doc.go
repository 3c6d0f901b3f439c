// Package osmtiles asks the standard tile layer of OpenStreetMap, or a tile
// server of one's own with the same paths, for map tiles.
//
//	GET https://tile.openstreetmap.org/{z}/{x}/{y}.png
//
// tile.openstreetmap.org is a courtesy server, run on donations. Its policy
// (operations.osmfoundation.org/policies/tiles) is law here:
//
//   - It may block anybody without notice, and promises nothing: it must not be
//     a site's only substitute, nor carry the traffic of a national portal.
//   - Who asks says who he is: Config.Contact is required and goes into the
//     User-Agent, because the default one of Go is blocked.
//   - No bulk download, no prefetch, no offline use. There is no call for it here,
//     and no archive may be built from these tiles.
//   - Tiles are kept as the headers say, seven days when they say nothing, and
//     asked for again with their validators ([Provider.Revalidate]). No
//     Cache-Control: no-cache is ever sent.
//   - "© OpenStreetMap contributors" stands visibly on the map.
//
// 403 is how it blocks, whatever the body: refused, read the policy. 429 is
// limited. A page with status 200, a cut or an empty picture is unavailable.
package osmtiles
