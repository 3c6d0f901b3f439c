package vendorsim

import (
	"fmt"
	"strconv"
	"strings"
)

// SimAddresses are the addresses that a Config without any has: well-known buildings of all districts of Seoul, one number
// below ground, lots of mountains, and one lot without a road name address. Positions are approximate.
func SimAddresses() []SimAddress {
	rows := strings.Split(strings.TrimSpace(seoul), "\n")
	list := make([]SimAddress, 0, len(rows))
	roads := map[string]int{}
	for i, row := range rows {
		c := strings.Split(row, "|")
		a := SimAddress{Sido: "서울특별시", ShortSido: "서울", Sigungu: c[0], Road: c[2], Dong: c[4], HDong: c[6], Building: c[9], Zone: c[8]}
		a.Underground = strings.HasPrefix(c[3], "B")
		a.Main, a.Sub = pair(strings.TrimPrefix(c[3], "B"))
		a.Mountain = strings.HasPrefix(c[7], "산")
		a.LotMain, a.LotSub = pair(strings.TrimPrefix(c[7], "산"))
		a.DongCode = c[1] + c[5]
		a.HDongCode = c[1] + strconv.Itoa(50_000+(5_000+1_000*i)%50_000)
		a.Lat, _ = strconv.ParseFloat(c[10], 64)
		a.Lon, _ = strconv.ParseFloat(c[11], 64)
		if a.Road != "" {
			road := c[1] + a.Road
			if roads[road] == 0 {
				roads[road] = len(roads) + 1
			}
			a.RoadCode = fmt.Sprintf("%s%07d", c[1], 2_005_000+roads[road])
			ground := 1
			if a.Mountain {
				ground = 2
			}
			a.BuildingNo = fmt.Sprintf("%s%d%04d%04d%06d", a.DongCode, ground, a.LotMain, a.LotSub, 22_047+i)
			below := ""
			if a.Underground {
				below = "B "
			}
			a.English = fmt.Sprintf("%s%s %s, %s, Seoul", below, dashed(a.Main, a.Sub), c[12], c[13])
		}
		list = append(list, a)
	}
	return list
}

func pair(s string) (int, int) {
	main, sub, _ := strings.Cut(s, "-")
	m, _ := strconv.Atoi(main)
	n, _ := strconv.Atoi(sub)
	return m, n
}

// seoul: district, its code, road, number (B: below ground), legal dong, its code, administrative dong, lot, postcode,
// building, latitude, longitude, road in English, district in English.
const seoul = `
중구|11140|세종대로|110|태평로1가|10300|명동|31|04524|서울특별시청|37.566680|126.978414|Sejong-daero|Jung-gu
종로구|11110|세종대로|209|세종로|11900|사직동|77-6|03171|정부서울청사|37.575140|126.976220|Sejong-daero|Jongno-gu
종로구|11110|사직로|161|세종로|11900|사직동|1-91|03045|경복궁|37.579617|126.977041|Sajik-ro|Jongno-gu
종로구|11110|종로|1|종로1가|12600|종로1.2.3.4가동|1|03154|교보생명빌딩|37.571050|126.977900|Jong-ro|Jongno-gu
종로구|11110|삼청로|30|소격동|14200|삼청동|165|03062|국립현대미술관|37.578600|126.980000|Samcheong-ro|Jongno-gu
중구|11140|을지로|281|을지로7가|14700|광희동|2-1|04566|동대문디자인플라자|37.566526|127.009223|Eulji-ro|Jung-gu
중구|11140|남대문로|39|남대문로3가|10900|명동|110|04531|한국은행|37.561570|126.981300|Namdaemun-ro|Jung-gu
중구|11140|소공로|63|충무로1가|12100|명동|52-5|04530|신세계백화점 본점|37.560850|126.980900|Sogong-ro|Jung-gu
중구|11140|한강대로|405|봉래동2가|17000|회현동|122-21|04509|서울역|37.554678|126.970606|Hangang-daero|Jung-gu
중구|11140|창경궁로|17|예관동|14000|광희동|120-1|04558|중구청|37.563843|126.997602|Changgyeonggung-ro|Jung-gu
용산구|11170|이태원로|29|용산동1가|10200|남영동|8|04353|전쟁기념관|37.536800|126.977100|Itaewon-ro|Yongsan-gu
용산구|11170|서빙고로|137|용산동6가|13500|서빙고동|168-6|04383|국립중앙박물관|37.523980|126.980355|Seobinggo-ro|Yongsan-gu
용산구|11170|녹사평대로|150|이태원동|13000|이태원1동|34-87|04390|용산구청|37.532327|126.990703|Noksapyeong-daero|Yongsan-gu
용산구|11170|남산공원길|105|용산동2가|10300|용산2가동|산1-3|04340|N서울타워|37.551224|126.988220|Namsangongwon-gil|Yongsan-gu
성동구|11200|고산자로|270|행당동|10700|행당1동|7|04750|성동구청|37.563456|127.036821|Gosanja-ro|Seongdong-gu
광진구|11215|자양로|117|자양동|10500|자양2동|777|05026|광진구청|37.538484|127.082294|Jayang-ro|Gwangjin-gu
동대문구|11230|천호대로|145|용두동|10200|용신동|39-9|02565|동대문구청|37.574494|127.039746|Cheonho-daero|Dongdaemun-gu
중랑구|11260|봉화산로|179|신내동|10600|신내2동|662|02043|중랑구청|37.606324|127.092584|Bonghwasan-ro|Jungnang-gu
성북구|11290|보문로|168|삼선동5가|11900|삼선동|411|02848|성북구청|37.589400|127.016749|Bomun-ro|Seongbuk-gu
성북구|11290|안암로|145|안암동5가|12500|안암동|1-2|02841|고려대학교|37.589500|127.032300|Anam-ro|Seongbuk-gu
강북구|11305|도봉로89길|13|수유동|10300|번1동|192-59|01069|강북구청|37.639611|127.025657|Dobong-ro 89-gil|Gangbuk-gu
도봉구|11320|마들로|656|방학동|10600|방학1동|720|01331|도봉구청|37.668768|127.047163|Madeul-ro|Dobong-gu
노원구|11350|노해로|437|상계동|10500|상계6.7동|701-1|01689|노원구청|37.654358|127.056473|Nohae-ro|Nowon-gu
은평구|11380|은평로|195|녹번동|10200|녹번동|84|03384|은평구청|37.602784|126.929164|Eunpyeong-ro|Eunpyeong-gu
서대문구|11410|연희로|248|연희동|11700|연희동|168-6|03718|서대문구청|37.579225|126.936800|Yeonhui-ro|Seodaemun-gu
서대문구|11410|연세로|50|신촌동|11600|신촌동|134|03722|연세대학교|37.565784|126.938572|Yonsei-ro|Seodaemun-gu
마포구|11440|월드컵로|212|성산동|12500|성산2동|370|03937|마포구청|37.566324|126.901491|World Cup-ro|Mapo-gu
마포구|11440|성암로|267|상암동|12700|상암동|1602|03925|문화방송|37.580970|126.891000|Seongam-ro|Mapo-gu
양천구|11470|목동동로|105|신정동|10100|신정6동|321-4|08095|양천구청|37.516950|126.866380|Mokdongdong-ro|Yangcheon-gu
강서구|11500|화곡로|302|화곡동|10300|화곡6동|980-16|07658|강서구청|37.550937|126.849642|Hwagok-ro|Gangseo-gu
강서구|11500|하늘길|112|방화동|10900|공항동|886|07505|김포국제공항|37.558700|126.802900|Haneul-gil|Gangseo-gu
구로구|11530|가마산로|245|구로동|10200|구로5동|435|08284|구로구청|37.495472|126.887536|Gamasan-ro|Guro-gu
금천구|11545|시흥대로73길|70|시흥동|10300|시흥1동|1020|08611|금천구청|37.456872|126.895229|Siheung-daero 73-gil|Geumcheon-gu
영등포구|11560|당산로|123|당산동3가|11300|당산1동|385-1|07260|영등포구청|37.526367|126.896213|Dangsan-ro|Yeongdeungpo-gu
영등포구|11560|의사당대로|1|여의도동|11000|여의동|1|07233|국회의사당|37.531890|126.914070|Uisadang-daero|Yeongdeungpo-gu
영등포구|11560|국제금융로|10|여의도동|11000|여의동|23|07326|서울국제금융센터|37.525100|126.925600|Gukjegeumyung-ro|Yeongdeungpo-gu
동작구|11590|노량진로|74|대방동|10700|대방동|49-6|06927|유한양행빌딩|37.513300|126.927300|Noryangjin-ro|Dongjak-gu
관악구|11620|관악로|145|봉천동|10100|청룡동|1570-1|08832|관악구청|37.478406|126.951613|Gwanak-ro|Gwanak-gu
관악구|11620|관악로|1|신림동|10200|대학동|산56-1|08826|서울대학교|37.459882|126.951905|Gwanak-ro|Gwanak-gu
서초구|11650|남부순환로|2584|서초동|10800|서초2동|1376-3|06737|서초구청|37.483574|127.032683|Nambusunhwan-ro|Seocho-gu
서초구|11650|서초대로|219|서초동|10800|서초3동|967|06590|대법원|37.492750|127.005400|Seocho-daero|Seocho-gu
서초구|11650|반포대로|201|반포동|10700|서초3동|산60-1|06579|국립중앙도서관|37.497700|127.002900|Banpo-daero|Seocho-gu
강남구|11680|학동로|426|삼성동|10500|삼성2동|16-1|06090|강남구청|37.517305|127.047502|Hakdong-ro|Gangnam-gu
강남구|11680|테헤란로|152|역삼동|10100|역삼1동|737|06236|강남파이낸스센터|37.500100|127.036600|Teheran-ro|Gangnam-gu
강남구|11680|영동대로|513|삼성동|10500|삼성1동|159|06164|코엑스|37.511840|127.059160|Yeongdong-daero|Gangnam-gu
강남구|11680|강남대로|B396|역삼동|10100|역삼1동|858|06232|강남역|37.497950|127.027620|Gangnam-daero|Gangnam-gu
송파구|11710|올림픽로|326|신천동|10200|잠실6동|29-5|05552|송파구청|37.514544|127.106597|Olympic-ro|Songpa-gu
송파구|11710|올림픽로|300|신천동|10200|잠실6동|29|05551|롯데월드타워|37.512500|127.102540|Olympic-ro|Songpa-gu
강동구|11740|성내로|25|성내동|10800|성내1동|541-2|05397|강동구청|37.530126|127.123771|Seongnae-ro|Gangdong-gu
강남구|11680|||개포동|10300|개포1동|산53-1|06332||37.471000|127.057000||`
