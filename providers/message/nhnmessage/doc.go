// Package nhnmessage sends through NHN Cloud: [SMS] by its SMS service (v3.0) and
// [AlimTalk] by its KakaoTalk Bizmessage service (v2.3). The two have hosts, keys,
// codes and shapes of their own, and the vendor, company and data centres in
// common: give their sources one fallback.Upstream each and the same Fate.
// Sources: https://docs.nhncloud.com/en/Notification (github.com/TOAST-DOCS/SMS and
// Alimtalk), 2026-06-23.
//
// A status of HTTP says nothing: a request succeeds when header.isSuccessful is
// true, and a message is taken when the result of its recipient is 0 besides.
//
// The key of a message travels as senderGroupingKey, and Find asks for it. AlimTalk
// also takes it as X-NC-API-IDEMPOTENCY-KEY: for ten minutes a repeat is refused
// with -1005, which means that the first one got in, without saying as what; that
// error does not say NotSent, and Find tells the rest. SMS has no such key.
//
// AlimTalk that fails is replaced by SMS if the console says so. Therefore isResend
// is always sent: false, unless [AlimTalkConfig.VendorResend] declares it.
package nhnmessage
