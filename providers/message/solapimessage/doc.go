// Package solapimessage sends SMS, LMS and AlimTalk through Solapi (CoolSMS).
// Sources: https://docs.solapi.com (github.com/solapi/documents), Message v4.
//
// A message is sent as a batch of one (POST /messages/v4/send-many/detail),
// because that answer has a documented place for the result of each recipient.
// Its status is 200 also when the only recipient was refused: what counts is
// whether the message stands in failedMessageList or in messageList.
//
// Each request is signed anew: HMAC-SHA256 over date and salt, so that a request
// which arrives twice is refused (DuplicatedSignature). The body is not signed;
// TLS protects it. Solapi knows no idempotency: the key of a message travels in
// customFields, and Find looks for it in the list of what was sent to that number.
//
// In the list (GET /messages/v4/list) messages are a map by id, flags are booleans
// or 0 and 1, and many fields are null. Bodies are decoded with the strictness of
// the house, where keys that differ in case only are refused: ids are upper case
// and digits, so they do not collide; should they ever, the answer is a fault,
// and the fate of the message unknown rather than wrong.
//
// AlimTalk that fails is replaced by SMS by Solapi itself unless disableSms says
// no, which it does here unless [AlimTalk.VendorResend] declares it.
package solapimessage
