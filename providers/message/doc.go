// Package message is the capability of short messages to a citizen's phone: SMS,
// LMS and AlimTalk. A vendor is a [Sender] of one method, and where it can be
// asked later also a [Tracker] and a [Finder].
//
// The law of a sender, besides that of package providers:
//
//   - Accepted is not delivered. A success of Send says that the vendor took the
//     message; whether it arrived is asked by Status, seconds to days later. A
//     status of HTTP proves nothing: vendors answer 200 for a batch whose only
//     recipient they refused, so the result of the recipient is read.
//   - A timeout does not mean not sent. An error says NotSent only when certainly
//     nothing reaches the citizen: the vendor was never reached, it refused the
//     message at intake in its own words, or it reported the delivery as failed.
//     After any other error the fate is asked by our own key ([Message.Key],
//     [Finder]), and what stays unknown stays unknown: nobody sends it again
//     unless the site said so ([DeliverConfig.Again]).
//   - One layer owns the fall-back. Vendors can replace an AlimTalk that failed by
//     an SMS themselves. That is off unless declared ([Resender]), and whoever
//     declares it has no chain behind that sender: else one message becomes two.
//   - A message is checked before anybody is asked ([Message.Validate]), by the
//     strictest rule of all channels: a text that only the first channel can carry
//     would be found out on the day of the outage.
//   - Channel by channel a site can leave messages out ([Except]): codes by SMS to one
//     carrier, while all others and all other channels go on.
//   - The sender's number is registered at each vendor, beforehand: the law asks for it.
//   - Numbers, texts and codes appear in no error and no log; a [Message] masks itself.
//
// What the kinds of an error mean here:
//
//	unavailable  the vendor or the carrier could not
//	limited      a quota of ours is used up, or too many requests
//	refused      our key, balance, sender number or profile: a human is needed, another vendor can
//	invalid      no vendor can send this message: no such number, characters, length
//	denied       the citizen or the law said no: opted out, blocked as spam. Never elsewhere
//	notfound     not by this channel: no KakaoTalk, AlimTalk blocked, no such template, phone off.
//	             The vendor is well; another channel may do it: give [Next] to the chain
//
// A chain of messages is wired so:
//
//	fallback.Config[message.Message, message.Receipt]{
//		Valid: message.Message.Validate, Answers: message.Receipt.Answers, Once: true, Next: message.Next,
//		Sources: ...From("alimtalk", message.Deliver(kakao, kakao, message.DeliverConfig{}), upstream) ...
//		// and each source has Find: message.Fate(kakao), Resends: fallback.Resends(kakao), so that fallback.Check
//		// finds what stands behind a Resender, and a Timeout above DeliverConfig.Longest
//	}
package message
