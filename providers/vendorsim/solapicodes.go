package vendorsim

import "net/http"

// solapiStatuses are the status codes of messages that the simulator gives, and some more that a fault may. Source:
// docs.solapi.com, message status codes.
func solapiStatuses() map[string]string {
	return map[string]string{
		"1010": "필수 입력 값이 없습니다.",
		"1011": "형식이 올바르지 않습니다.",
		"1013": "SMS에는 제목을 사용할 수 없습니다.",
		"1014": "제목은 40바이트까지 사용할 수 있습니다.",
		"1024": "서버 오류",
		"1025": "잘못된 메시지 타입",
		"1026": "중복 수신번호",
		"1028": "출력할 수 없는 문자가 있습니다.",
		"1029": "EUC-KR 범위를 벗어난 문자가 있습니다.",
		"1030": "잔액 부족",
		"1031": "길이 초과",
		"1032": "유효하지 않은 커스텀 필드",
		"1033": "kakaoOptions는 ATA와 CTA에만 사용할 수 있습니다.",
		"1041": "유효하지 않은 채널",
		"1042": "유효하지 않은 템플릿 아이디",
		"1043": "등록한 템플릿과 내용이 다릅니다.",
		"1060": "차단된 수신번호",
		"1061": "수신거부",
		"1062": "발신번호 미등록",
		"2000": "정상 접수(이통사로 접수 예정)",
		"2024": "서버 오류",
		"2230": "잔액 부족",
		"3000": "이통사로 접수(리포트를 기다리는 중)",
		"3012": "연동처 서버 오류",
		"3024": "서버 오류",
		"3031": "전송할 수 없음",
		"3032": "미가입자",
		"3040": "전송시간 초과",
		"3043": "단말기 전원 꺼짐",
		"3047": "착신거절",
		"3054": "스팸",
		"3058": "전송경로 없음",
		"3059": "변작된 발신번호",
		"3103": "메시지와 템플릿 불일치",
		"3104": "카카오톡 미사용자",
		"3105": "미등록 템플릿",
		"3107": "72시간 이내 카카오톡 미사용자 또는 알림톡 차단",
		"4000": "발송 처리 완료",
	}
}

// solapiFailures lists the codes whose first digit is one of those given, without those of a message that is well.
func solapiFailures(first string) []string {
	var codes []string
	for c := range solapiStatuses() {
		if c[:1] == first && c != "2000" && c != "3000" {
			codes = append(codes, c)
		}
	}
	return sortedWords(codes)
}

// solapiTroubles is what the carriers and Kakao say of a line.
func solapiTroubles(t Trouble) string {
	switch t {
	case PhoneOff:
		return "3043"
	case NoSuchLine:
		return "3032"
	case NoKakaoTalk:
		return "3104"
	case BlocksKakao:
		return "3107"
	case SpamFilter:
		return "3054"
	}
	return "4000"
}

// solapiErrors are the errors of a whole request with their HTTP status.
func solapiErrors() map[string]int {
	return map[string]int{
		"InvalidAPIKey":         403,
		"SignatureDoesNotMatch": 403,
		"RequestTimeTooSkewed":  403,
		"DuplicatedSignature":   403,
		"Unauthorized":          401, // UNCONFIRMED: no or another Authorization
		"Forbidden":             403, // status UNCONFIRMED
		"ValidationError":       400,
		"NotEnoughBalance":      402, // status UNCONFIRMED
		"TooManyRequests":       429, // UNCONFIRMED
		"InternalServerError":   500, // UNCONFIRMED
	}
}

func solapiCodes(messages bool) []string {
	var codes []string
	for c := range solapiErrors() {
		codes = append(codes, c)
	}
	codes = sortedWords(codes)
	if messages {
		codes = append(codes, solapiFailures("1")...)
	}
	return codes
}

func solapiError(code string) answer {
	status, known := solapiErrors()[code]
	if !known {
		status = http.StatusBadRequest
	}
	return jsonAnswer(status, struct {
		Code    string `json:"errorCode"`
		Message string `json:"errorMessage"`
	}{code, "The request could not be handled: " + code + "."})
}
