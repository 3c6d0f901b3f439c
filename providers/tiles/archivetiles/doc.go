// Package archivetiles serves tiles from an MBTiles 1.3 file: a base map on
// one's own disk, which no outage of a vendor or of the network reaches. It is
// the last resort of a chain of tiles, and a module of its own, so that who
// does not want SQLite never lists it.
//
// Where the file comes from matters: convert your own extract (ODbL, with its
// attribution) once. No archive may be built from the tiles of OpenStreetMap's
// courtesy server or of a vendor.
//
//   - The file is opened read only and as immutable: without locks, and without
//     looking for a journal beside it. Finish writing before opening; to replace
//     it, write another file and open that.
//   - It is not trusted: its views may use no function that reaches outside, a
//     lookup is bounded in time and bytes, and each tile is checked to its last
//     byte. A damaged file gives errors of class unavailable, never a panic.
//   - Rows are numbered from the south in the file (TMS) and from the north in
//     a tiles.ID; the tile 11/327/791 is row 1256.
//   - Vector tiles lie gzipped in the file and come out unpacked.
//   - Attributions in the file may be HTML; they come out as plain text.
//   - A tile that is not in the file is notfound.
//
// An Archive is safe for concurrent use.
package archivetiles
