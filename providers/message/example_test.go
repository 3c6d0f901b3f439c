package message_test

import (
	"context"
	"fmt"
	"time"

	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/messagetest"
)

// A sender of which an answer means arrived, and what it says when nothing did.
func ExampleDeliver() {
	vendor := messagetest.NewReference() // a vendor and a phone in memory
	send := message.Deliver(vendor, vendor, message.DeliverConfig{Poll: time.Millisecond, Wait: time.Second})
	m := message.Message{Key: "notice-2026-0001", To: "01012345678", Text: "[관청] 신청이 접수되었습니다."}

	receipt, err := send(context.Background(), m)
	fmt.Println(receipt.State, receipt.Channel, err)

	_ = vendor.Be(messagetest.Undelivered)
	m.Key = "notice-2026-0002"
	_, err = send(context.Background(), m)
	fmt.Println(err)
	fmt.Println(len(vendor.Inbox(m.To)), "on the phone")
	// Output:
	// delivered sms <nil>
	// reference: deliver: unavailable: not delivered
	// 1 on the phone
}

func ExampleBytes() {
	fmt.Println(message.Bytes("인증번호 123456"))
	fmt.Println(message.Bytes("인증번호 123456 😀"))
	// Output:
	// 15 true
	// 0 false
}
