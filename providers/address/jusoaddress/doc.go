// Package jusoaddress asks the address service of the Ministry of the Interior
// and Safety (주소기반산업지원서비스, juso.go.kr) for Korean addresses.
//
//	POST https://business.juso.go.kr/addrlink/addrLinkApi.do    by keyword
//	POST https://business.juso.go.kr/addrlink/addrCoordApi.do   entrance of a building
//
// What to know about the vendor:
//
//   - GET and POST do the same; here the key and what the citizen typed travel
//     in a form, because a query string ends up in logs on the way.
//   - It answers 200 also to say no; numbers are text; juso is null on errors. No
//     guide promises a content type, so the body alone has to prove itself.
//   - Traffic that looks like an attack gets the caller's address blocked at a
//     firewall and the key cancelled. So what a citizen typed is never forwarded: a
//     keyword is made of it first, of Hangul, Hanja, ASCII letters and digits,
//     and the signs - . · alone, without the words of SQL. A text of which nothing
//     is left is invalid, and nobody is asked.
//   - The firewall says so with an HTML page, status 200 or 403: unavailable, for
//     it proves nothing about the key.
//   - Coordinates are a second service with a key of its own, one building per
//     ask. It is asked only for a question that requires FieldPoint, for the first
//     Config.Coordinates items, one after another: each is one more request. The
//     items beyond are dropped, as any that lack a required field. A building
//     under security restriction has no coordinates.
//
// Its codes by class; the same code means something else in the other service.
//
//	search       refused      E0001 key, E0002 site, E0003 path, E0014 development key expired
//	             invalid      E0006 more detail needed (a province or district alone), E0008 to E0012 the keyword
//	             notfound     E0015 deeper than 9,000 rows
//	             unavailable  -999, E0005 and E0013 (the keyword that we made), whatever is not understood
//	coordinates  refused      E0001 key
//	             limited      E0007 too many in a short time
//	             unavailable  -999, E0002 to E0006 (the values are its own), whatever is not understood
//
// E0001 was seen once in a while for keys in good order, under load. It is
// refused all the same: a key that is wrong must not look like an outage for
// ever. What follows is harmless: the next vendor answers, the breaker tries
// again within its open interval, and no failure is remembered as an answer.
//
// Retention: the data is public; see [Retention].
package jusoaddress
