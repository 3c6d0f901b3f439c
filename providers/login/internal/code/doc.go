// Package code is the authorization code grant (RFC 6749 section 4.1) as every
// login adapter here needs it: what ties a reply to its challenge, the one
// request to the token endpoint, and what its errors mean. x/oauth2 builds the
// URL and the request; the answer is judged here, because x/oauth2 takes any
// content type for an answer and prints bodies in its errors.
//
// Who caused an error decides its kind. In [Grant.Exchange] the code comes from
// a browser, so whatever a forged code can provoke is Denied: a class that
// feeds a breaker would let one browser switch the vendor off for everyone. In
// [Grant.Refresh] and [Grant.Watch] all of the request is ours, so the same
// error is told as it is. A mistake of ours that hides behind a Denied in one
// shows in the other.
package code
