package jusoaddress_test

import "strings"

// Bodies in the documented shape; the first two are the examples of the vendor sheet.
const (
	hallBody = `{"results":{"common":{"errorMessage":"정상","countPerPage":"10","totalCount":"1","errorCode":"0","currentPage":"1"},
 "juso":[{"detBdNmList":"","engAddr":"110 Sejong-daero, Jung-gu, Seoul","rn":"세종대로","emdNm":"태평로1가","zipNo":"04524","roadAddrPart2":" (태평로1가)","emdNo":"01","sggNm":"중구","jibunAddr":"서울특별시 중구 태평로1가 31 서울특별시청","siNm":"서울특별시","roadAddrPart1":"서울특별시 중구 세종대로 110","bdNm":"서울특별시청","admCd":"1114010300","udrtYn":"0","lnbrMnnm":"31","roadAddr":"서울특별시 중구 세종대로 110 (태평로1가)","lnbrSlno":"0","buldMnnm":"110","bdKdcd":"0","liNm":"","rnMgtSn":"111402005001","mtYn":"0","bdMgtSn":"1114010300100310000022047","buldSlno":"0"}]}}`
	badKeyBody = `{"results":{"common":{"errorMessage":"승인되지 않은 KEY 입니다.","countPerPage":"10","totalCount":"0","errorCode":"E0001","currentPage":"1"},"juso":null}}`

	// The entrance, in EPSG:5179.
	entranceBody = `{"results":{"common":{"errorMessage":"정상","totalCount":"1","errorCode":"0"},"juso":[{"buldMnnm":"110","rnMgtSn":"111402005001","bdNm":"서울특별시청","entX":"953937.837560","entY":"1952051.848087","admCd":"1114010300","bdMgtSn":"1114010300100310000022047","buldSlno":"0","udrtYn":"0"}]}}`

	noneBody = `{"results":{"common":{"errorMessage":"정상","countPerPage":"10","totalCount":"0","errorCode":"0","currentPage":"1"},"juso":[]}}`

	// In a ri, on a mountain, below the ground (invented).
	riRow = `{"engAddr":"7-2 Mogwang-ro, Yangseo-myeon","rn":"목왕로","emdNm":"양서면","zipNo":"12580","sggNm":"양평군","siNm":"경기도","roadAddrPart1":"경기도 양평군 양서면 목왕로 지하7-2","bdNm":"","admCd":"4183037021","udrtYn":"1","lnbrMnnm":"31","lnbrSlno":"4","buldMnnm":"7","buldSlno":"2","liNm":"용담리","rnMgtSn":"418304399001","mtYn":"1","bdMgtSn":"4183037021200310004000001"}`

	// What the firewall says, with status 200 or 403.
	wafBody = `<!DOCTYPE html><html><head><title>Request Rejected</title></head><body>비정상적인 접근이 차단되었습니다. E0001</body></html>`
)

func saying(code string) string {
	return strings.Replace(badKeyBody, "E0001", code, 1)
}

// listing is a page of these rows.
func listing(rows ...string) string {
	return strings.Replace(strings.Replace(noneBody, `"juso":[]`, `"juso":[`+strings.Join(rows, ",")+`]`, 1), `"totalCount":"0"`, `"totalCount":"`+string(rune('0'+len(rows)))+`"`, 1)
}

// hallRow is the row of the city hall, edited.
func hallRow(edits ...string) string {
	row := strings.TrimSuffix(strings.SplitN(hallBody, `"juso":[`, 2)[1], "]}}")
	return strings.NewReplacer(edits...).Replace(row)
}
