// Package kakaoaddress asks Kakao Local (Kakao Map) for Korean addresses.
//
//	GET https://dapi.kakao.com/v2/local/search/address.json?query=&page=&size=
//	GET https://dapi.kakao.com/v2/local/geo/coord2address.json?x=&y=
//	Authorization: KakaoAK {REST API key}
//
// What to know about the vendor:
//
//   - x is the longitude and y the latitude, as text.
//   - The citizen's text is in the query string: a log of one's own proxy would
//     show it. Nothing here prints a URL.
//   - Provinces have their short form; the answer of this package has the long one.
//   - There is no road code, building number or English text; address and
//     road_address may each be null. A road or a region that was found is no
//     address and is dropped.
//   - Apps made since December 2024 must switch "Kakao Map" on, else each ask is refused.
//   - 100,000 asks a day, counted per app.
//
// Errors come in two shapes, {"errorType","message"} and {"code","msg"}, at
// whatever status; Kakao sends its temporary faults and its quota with 400. By class:
//
//	unavailable  -1, -7, -603, -9798, any 5xx, and whatever is not understood
//	limited      429, -10, -11, RequestThrottled
//	refused      -3, -4, -5, -6, -8, -9, -12, -401, -903, AccessDeniedError, NotAuthorizedError
//	unavailable  -2, MissingParameter, InvalidArgument
//
// The last row: the question was checked before it was sent and the rest of the
// request never changes, so when Kakao dislikes a parameter, either it has
// changed or a text is odd in a way nobody foresaw. The next vendor may well
// know the answer, so it is not invalid, which would end the chain; and it is
// not refused, which would let one odd text open the breaker.
//
// Retention: the terms of Kakao do not allow keeping what it answers; see [Retention].
package kakaoaddress
