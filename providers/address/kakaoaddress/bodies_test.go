package kakaoaddress_test

// Bodies in the documented shape; the first is the example of the vendor sheet.
const (
	hallBody = `{"meta":{"total_count":1,"pageable_count":1,"is_end":true},
 "documents":[{"address_name":"서울 중구 세종대로 110","address_type":"ROAD_ADDR","x":"126.978414","y":"37.566680",
  "address":{"address_name":"서울 중구 태평로1가 31","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"태평로1가","region_3depth_h_name":"명동","h_code":"1114055000","b_code":"1114010300","mountain_yn":"N","main_address_no":"31","sub_address_no":"","x":"126.978414","y":"37.566680"},
  "road_address":{"address_name":"서울 중구 세종대로 110","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"태평로1가","road_name":"세종대로","underground_yn":"N","main_building_no":"110","sub_building_no":"","building_name":"서울특별시청","zone_no":"04524","x":"126.978414","y":"37.566680"}}]}`

	// A place: the same names, without coordinates and with fewer codes.
	placeBody = `{"meta":{"total_count":1},"documents":[{"road_address":{"address_name":"서울특별시 중구 세종대로 110","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"태평로1가","road_name":"세종대로","underground_yn":"N","main_building_no":"110","sub_building_no":"","building_name":"서울특별시청","zone_no":"04524"},"address":{"address_name":"서울 중구 태평로1가 31","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"태평로1가","mountain_yn":"N","main_address_no":"31","sub_address_no":""}}]}`

	// A lot on a mountain, without a road (invented).
	mountainBody = `{"meta":{"total_count":1,"pageable_count":1,"is_end":true},"documents":[{"address_name":"강원특별자치도 평창군 대관령면 용산리 산 2-15","address_type":"REGION_ADDR","x":"128.6700","y":"37.6600","address":{"address_name":"강원특별자치도 평창군 대관령면 용산리 산 2-15","region_1depth_name":"강원특별자치도","region_2depth_name":"평창군","region_3depth_name":"대관령면 용산리","b_code":"5176038024","mountain_yn":"Y","main_address_no":"2","sub_address_no":"15"},"road_address":null}]}`

	// Below the ground, in a myeon, lot unknown (invented).
	underBody = `{"meta":{"total_count":1,"pageable_count":1,"is_end":true},"documents":[{"address_name":"경기 양평군 양서면 목왕로 지하 7-2","address_type":"ROAD_ADDR","x":"127.33","y":"37.54","address":null,"road_address":{"address_name":"경기 양평군 양서면 목왕로 지하 7-2","region_1depth_name":"경기","region_2depth_name":"양평군","region_3depth_name":"양서면","road_name":"목왕로","underground_yn":"Y","main_building_no":"7","sub_building_no":"2","building_name":"","zone_no":"12580"}}]}`

	// A region and a road: found, and no addresses.
	regionBody = `{"meta":{"total_count":2,"pageable_count":2,"is_end":true},"documents":[
 {"address_name":"서울 중구 태평로1가","address_type":"REGION","x":"126.9769","y":"37.5669","address":{"address_name":"서울 중구 태평로1가","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"태평로1가","b_code":"1114010300","mountain_yn":"N","main_address_no":"","sub_address_no":""},"road_address":null},
 {"address_name":"서울 중구 세종대로","address_type":"ROAD","x":"126.9769","y":"37.5669","address":null,"road_address":{"address_name":"서울 중구 세종대로","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"","road_name":"세종대로","underground_yn":"N","main_building_no":"","sub_building_no":"","building_name":"","zone_no":""}}]}`

	noneBody = `{"documents":[],"meta":{"is_end":true,"pageable_count":0,"total_count":0}}`
)
