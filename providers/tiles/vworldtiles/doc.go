// Package vworldtiles asks VWorld (공간정보 오픈플랫폼, of the Ministry of Land,
// Infrastructure and Transport of Korea) for map tiles by its WMTS interface.
//
//	GET https://api.vworld.kr/req/wmts/1.0.0/{key}/{layer}/{z}/{y}/{x}.{ext}
//
// What to know about the vendor:
//
//   - Row comes before column in the path, unlike everywhere else.
//   - The key is a part of the path. Nothing here prints a URL, and the provider
//     keeps the key where no %v reaches it; a log of one's own HTTP client or
//     proxy would show it.
//   - Keys are bound to registered domains, which Config.Referer or
//     Config.Domain names, and expire.
//   - Refusals come with status 200 and an XML or JSON body. A tile is taken for
//     one only with status 200, an image type, and a whole picture behind it.
//   - Pushed too hard (some 5 requests a second and more) the gateway answers 502
//     for a long time: give the upstream a Capacity.
//   - Zoom 6 to 18 is safe; the sources disagree about 19.
//
// Its codes, by class:
//
//	refused      INVALID_KEY, INCORRECT_KEY (wrong domain), UNAVAILABLE_KEY (expired, not approved)
//	limited      OVER_REQUEST_LIMIT
//	unavailable  SYSTEM_ERROR, UNKNOWN_ERROR, and whatever is not understood
//	notfound     PARAM_REQUIRED, INVALID_RANGE, INVALID_TYPE
//
// The last row: the number was checked before asking and the layer at New, so a
// parameter that VWorld does not like is a tile that it does not have. It must
// not be a fault, else one visitor who pans off the map would open the breaker
// for all; and not invalid, because another vendor may well have that tile
// (fallback.Config.Next can opt in).
//
// No page of the vendor was found that allows keeping tiles, and the one of its
// geocoder forbids it: see [Retention].
package vworldtiles
