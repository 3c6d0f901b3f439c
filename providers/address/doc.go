// Package address is the capability of looking up Korean addresses: a text that
// a citizen typed becomes normalised addresses with their codes, and a place on
// the map becomes the address there. A vendor is a [Searcher] of one method and,
// where it can, a [Reverser].
//
// The law of an address provider, besides that of package providers:
//
//   - A question is checked before anybody is asked ([Query.Validate]): what no
//     vendor would look up is invalid, and no vendor sees it.
//   - Found, not found and could not ask are three things. Nothing found is an
//     error of kind NotFound; an empty success does not exist, because a vendor
//     that swallowed a fault looks just like it ([Page.Answers]).
//   - Vendors agree: texts are composed by the rules of the road name address
//     ([Parts]), the province has its long form ([LongSido]), coordinates are
//     WGS 84 and in Korea, codes have their length. What a vendor does not have
//     stays empty; see [Address.Filled].
//   - A site says what it needs by Query.Require. An item without it is dropped,
//     and if none is left the answer is notfound with [ErrLacking] in it. It is
//     no fault: else a few citizens who live beside a mountain lot without a
//     road address would open the breaker for all. [Next] makes a chain ask the
//     next vendor then.
//   - What a citizen looks up is personal data, most often his home. A [Query]
//     prints itself masked, so do [Address], [Page] and [Point]; a memory is
//     keyed by an HMAC ([KeyFunc]); no error repeats a word of it.
//   - What may be kept is what the terms of a vendor allow: the Retention
//     constant of each vendor package.
//
// A chain of addresses is wired so:
//
//	key, err := address.KeyFunc(secret)
//	fallback.Config[address.Query, address.Page]{
//		Valid:   address.Query.Validate,
//		Answers: address.Page.Answers,
//		Next:    address.Next,
//		Memory:  &fallback.Memory[address.Query, address.Page]{Key: key, Codec: address.Codec{}, ...},
//	}
//
// All types are safe for concurrent use; whoever keeps a Page shares its Items
// read-only.
package address
