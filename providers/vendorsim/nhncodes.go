package vendorsim

import (
	"net/http"
	"strconv"
)

// nhnSMSErrors are the result codes of requests to SMS v3.0. Source: docs.nhncloud.com, Notification > SMS > result code.
func nhnSMSErrors() map[int]string {
	return map[int]string{
		4:     "Parameter validation failed",
		-1000: "Invalid appKey.",
		-1001: "Service does not exist.",
		-1002: "Service is disabled.",
		-1003: "Not project member id.",
		-1004: "Not allow ip.",
		-1005: "Service parameter is invalid.",
		-1006: "MessageType is invalid.",
		-1007: "MemberType is invalid.",
		-1008: "Service is blocked.",
		-2000: "Date format error.",
		-2001: "RecipientList can not be null.",
		-2008: "Invalid requestId.",
		-2015: "Body is too long.",
		-2016: "Too many recipients.",
		-2018: "Invalid recipient number.",
		-2019: "Invalid send number.",
		-2021: "Queue error.",
		-2022: "Request date is in the past.",
		-2023: "Unsupported characters.",
		-2052: "Monthly limit of the organization exceeded.",
		-2312: "Send number is not registered.",
		-2313: "Send number is blocked.",
		-8000: "Authentication word is missing.",
		-9995: "Invalid api version.",
		-9996: "Only application/json Content-type is supported.",
		-9997: "Invalid API parameters.",
		-9998: "Not exist API.",
		-9999: "System error.",
	}
}

// nhnTalkErrors are those of AlimTalk v2.3. Source: docs.nhncloud.com, KakaoTalk Bizmessage.
func nhnTalkErrors() map[int]string {
	return map[int]string{
		4:     "Parameter validation failed",
		-1000: "Invalid appkey",
		-1001: "Invalid secret key",
		-1002: "Invalid SMS appkey",
		-1003: "Invalid SMS send number",
		-1005: "Duplicate idempotency key",
		-1006: "Sender key is missing",
		-1027: "Blocked sender profile",
		-1028: "Blocked message type",
		-1031: "All recipients failed",
		-2000: "Invalid date",
		-2001: "Recipients are missing",
		-2002: "Too many recipients",
		-2003: "Content is too long",
		-2004: "Invalid recipient number",
		-2005: "Invalid button",
		-2017: "Unknown sender profile",
		-2502: "Resend is not configured",
		-3003: "Template does not exist",
		-3005: "Template is not approved",
		-3010: "Content differs from the template",
		-8000: "Authentication word is missing", // code UNCONFIRMED for AlimTalk
		-9999: "System error",
	}
}

func nhnCodes(errs map[int]string) []string {
	var codes []string
	for c := range errs {
		codes = append(codes, strconv.Itoa(c))
	}
	return sortedWords(codes)
}

// Results of deliveries.
func nhnSMSResults() []string {
	return []string{"1019", "2000", "2003", "3001", "3003", "3012", "3017", "E915"}
}

func nhnTalkResults() []string {
	return []string{"3000", "3005", "3006", "3008", "3010", "3012", "3015", "3016", "3018", "3019", "3020", "3021", "1021"}
}

func nhnResultName(code string) string {
	switch code {
	case "1000":
		return "성공"
	case "2000":
		return "타임아웃"
	case "2003":
		return "단말기 전원 꺼짐"
	case "3001":
		return "결번"
	case "3012":
		return "스팸 차단"
	case "3005":
		return "메시지를 발송했으나 수신 확인 안됨"
	case "3019":
		return "카카오톡 미사용자"
	case "3020":
		return "알림톡 수신 차단"
	}
	return "실패 (" + code + ")"
}

// nhnTroubles is what the carriers, or Kakao, say of a line.
func nhnTroubles(t Trouble, kakao bool) string {
	switch {
	case t == NoTrouble:
		return "1000"
	case t == NoSuchLine && kakao:
		return "3008"
	case t == PhoneOff:
		return "2003"
	case t == NoSuchLine:
		return "3001"
	case t == SpamFilter:
		return "3012"
	case t == NoKakaoTalk:
		return "3019"
	case t == BlocksKakao:
		return "3020"
	}
	return "2000"
}

type nhnHeader struct {
	IsSuccessful  bool   `json:"isSuccessful"`
	ResultCode    int    `json:"resultCode"`
	ResultMessage string `json:"resultMessage"`
}

// smsError is a refusal: HTTP 200 unless the Config says otherwise, and no body but the header.
func (n *NHN) smsError(code int) answer { return n.refusal(code, nhnSMSErrors()[code]) }

func (n *NHN) talkError(code int) answer { return n.refusal(code, nhnTalkErrors()[code]) }

func (n *NHN) refusal(code int, text string) answer {
	return jsonAnswer(n.cfg.ErrorStatus, map[string]any{"header": nhnHeader{false, code, text}})
}

func nhnSuccess(word, key string, value any) answer {
	return jsonAnswer(http.StatusOK, map[string]any{"header": nhnHeader{true, 0, word}, key: value})
}
