package message

import "fmt"

// Channel is how a message reaches the phone. The zero value is no channel.
type Channel uint8

// The channels.
const (
	SMS      Channel = iota + 1 // at most 90 bytes of EUC-KR
	LMS                         // a long SMS: at most 2000 bytes, with a title
	AlimTalk                    // a notice in KakaoTalk, of a template that was approved
)

var channelWords = [...]string{SMS: "sms", LMS: "lms", AlimTalk: "alimtalk"}

// String returns sms, lms or alimtalk.
func (c Channel) String() string {
	if c.known() {
		return channelWords[c]
	}
	return fmt.Sprintf("channel(%d)", uint8(c))
}

func (c Channel) known() bool { return c >= SMS && c <= AlimTalk }

// Text is the channel that carries a text message: SMS up to [MaxSMS] bytes, LMS
// above. It is meant for texts that [Message.Validate] has passed.
func Text(text string) Channel {
	if n, ok := Bytes(text); ok && n <= MaxSMS {
		return SMS
	}
	return LMS
}
