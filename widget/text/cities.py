"""Large cities that no time zone is named after, as people call them, by the zone they lie in.

The time zone database names a zone after one city alone; so people look for these, and for
countries by their short names, in vain. Names here are the English one, the city's own, and what
neighbours say. The first name of a city starts a line or follows a semicolon; others, a slash.
"""

from __future__ import annotations

ELSEWHERE = {
    "Africa/Algiers": "Oran/وهران",
    "Africa/Cairo": "Alexandria/الإسكندرية/Alexandrie; Giza/الجيزة",
    "Africa/Casablanca": "Rabat/الرباط; Marrakesh/مراكش/Marrakech; Fez/فاس/Fès;"
    " Tangier/طنجة/Tanger",
    "Africa/Johannesburg": "Cape Town/Kaapstad/Kapstadt; Durban; Pretoria/Tshwane",
    "Africa/Lagos": "Abuja; Kano; Ibadan; Port Harcourt",
    "Africa/Dar_es_Salaam": "Dodoma; Zanzibar",
    "Africa/Abidjan": "Yamoussoukro",
    "Africa/Accra": "Kumasi",
    "Africa/Nairobi": "Mombasa",
    "Africa/Douala": "Yaoundé",
    "America/Argentina/Cordoba": "Rosario",
    "America/Bogota": "Medellín; Cali; Barranquilla; Cartagena",
    "America/Caracas": "Maracaibo; Valencia",
    "America/Chicago": "Houston; Dallas; Austin; San Antonio; Minneapolis; New Orleans; St. Louis;"
    " Nashville; Milwaukee; Kansas City; Memphis; Fort Worth; Oklahoma City",
    "America/Denver": "Salt Lake City; Albuquerque; Colorado Springs; El Paso",
    "America/Edmonton": "Calgary",
    "America/Guayaquil": "Quito",
    "America/La_Paz": "Santa Cruz de la Sierra; Sucre",
    "America/Lima": "Arequipa",
    "America/Los_Angeles": "San Francisco; Seattle; San Diego; San Jose; Portland; Las Vegas;"
    " Sacramento; Oakland; Palo Alto; Silicon Valley",
    "America/Mexico_City": "Guadalajara; Puebla; León; Querétaro; CDMX",
    "America/New_York": "Washington/Washington DC; Boston; Philadelphia; Atlanta; Miami; Orlando;"
    " Baltimore; Charlotte; Pittsburgh; Cleveland; Columbus; Cincinnati; Tampa; Raleigh; Brooklyn;"
    " Buffalo; Jacksonville; NYC",
    "America/Phoenix": "Tucson",
    "America/Sao_Paulo": "Rio de Janeiro; Brasília; Belo Horizonte; Curitiba; Porto Alegre;"
    " Florianópolis; Campinas; Goiânia",
    "America/Bahia": "Salvador",
    "America/Fortaleza": "Natal",
    "America/Santiago": "Valparaíso; Concepción",
    "America/Toronto": "Montreal/Montréal; Ottawa; Quebec City/Québec; Hamilton",
    "America/Vancouver": "Victoria",
    "Asia/Almaty": "Astana/Астана",
    "Asia/Amman": "Irbid/إربد",
    "Asia/Baghdad": "Basra/البصرة; Mosul/الموصل; Erbil/أربيل",
    "Asia/Dubai": "Abu Dhabi/أبو ظبي; Sharjah/الشارقة",
    "Asia/Dhaka": "Chittagong/Chattogram/চট্টগ্রাম",
    "Asia/Ho_Chi_Minh": "Hanoi/Hà Nội; Saigon/Sài Gòn; Da Nang/Đà Nẵng",
    "Asia/Jakarta": "Bandung; Surabaya; Medan; Semarang",
    "Asia/Makassar": "Bali; Denpasar",
    "Asia/Jerusalem": "Tel Aviv/תל אביב; Haifa/חיפה; Be’er Sheva/באר שבע",
    "Asia/Karachi": "Lahore/لاہور; Islamabad/اسلام آباد; Faisalabad; Rawalpindi",
    "Asia/Kolkata": "Mumbai/मुंबई/Bombay; Delhi/दिल्ली/New Delhi/नई दिल्ली;"
    " Bengaluru/बेंगलुरु/Bangalore;"
    " Chennai/चेन्नई/Madras; Hyderabad/हैदराबाद; Pune/पुणे; Ahmedabad/अहमदाबाद; Jaipur/जयपुर;"
    " Surat/सूरत; Lucknow/लखनऊ; Kochi/कोच्चि; Goa/गोवा; Gurgaon/Gurugram/गुरुग्राम; Noida/नोएडा",
    "Asia/Kuala_Lumpur": "Penang/George Town; Johor Bahru",
    "Asia/Manila": "Quezon City; Cebu; Davao",
    "Asia/Riyadh": "Jeddah/جدة; Mecca/مكة; Medina/المدينة; Dammam/الدمام",
    "Asia/Seoul": "Busan/부산/Pusan; Incheon/인천; Daegu/대구",
    "Asia/Shanghai": "Beijing/北京/Peking/Pékin/Pequim; Shenzhen/深圳; Guangzhou/广州/廣州/Canton;"
    " Chengdu/成都; Wuhan/武汉/武漢; Hangzhou/杭州; Chongqing/重庆/重慶; Tianjin/天津;"
    " Nanjing/南京; Xi’an/西安; Suzhou/苏州/蘇州; Qingdao/青岛; Harbin/哈尔滨; Dalian/大连;"
    " Xiamen/厦门",
    "Asia/Taipei": "Kaohsiung/高雄; Taichung/台中; Tainan/台南; Hsinchu/新竹",
    "Asia/Tashkent": "Bukhara",
    "Asia/Tehran": "Isfahan/اصفهان; Mashhad/مشهد; Shiraz/شیراز",
    "Asia/Tokyo": "Osaka/大阪; Kyoto/京都; Yokohama/横浜; Nagoya/名古屋; Sapporo/札幌;"
    " Fukuoka/福岡;"
    " Kobe/神戸; Hiroshima/広島; Sendai/仙台",
    "Asia/Bangkok": "Chiang Mai; Phuket",
    "Atlantic/Canary": "Las Palmas; Tenerife",
    "Australia/Sydney": "Canberra; Newcastle",
    "Australia/Brisbane": "Gold Coast; Cairns",
    "Australia/Melbourne": "Geelong",
    "Europe/Amsterdam": "Rotterdam; The Hague/Den Haag; Utrecht; Eindhoven; Groningen",
    "Europe/Athens": "Thessaloniki/Θεσσαλονίκη",
    "Europe/Berlin": "Munich/München/Monaco di Baviera/Múnich/Munique; Hamburg;"
    " Cologne/Köln/Colonia; Frankfurt; Stuttgart; Düsseldorf; Leipzig; Dresden; Hannover/Hanover;"
    " Nuremberg/Nürnberg; Bremen; Dortmund; Essen; Bonn; Freiburg",
    "Europe/Brussels": "Antwerp/Antwerpen/Anvers; Ghent/Gent/Gand; Bruges/Brugge; Liège",
    "Europe/Bucharest": "Cluj-Napoca; Timișoara; Iași",
    "Europe/Budapest": "Debrecen",
    "Europe/Copenhagen": "Aarhus",
    "Europe/Dublin": "Cork; Galway",
    "Europe/Helsinki": "Tampere; Turku; Espoo",
    "Europe/Istanbul": "Ankara; Izmir/İzmir; Bursa; Antalya; Adana",
    "Europe/Kyiv": "Kiev/Kiew/Kijów; Lviv/Львів; Odesa/Одеса/Odessa; Kharkiv/Харків; Dnipro/Дніпро;"
    " Zaporizhzhia/Запоріжжя",
    "Europe/Lisbon": "Porto/Oporto; Braga; Coimbra; Faro",
    "Europe/London": "Manchester; Birmingham; Edinburgh; Glasgow; Liverpool; Leeds; Bristol;"
    " Cambridge; Oxford; Cardiff; Belfast; Sheffield; UK; England; Scotland; Wales; Great Britain",
    "Europe/Madrid": "Barcelona; Valencia; Seville/Sevilla; Málaga; Bilbao; Zaragoza; Palma",
    "Europe/Moscow": "Saint Petersburg/Санкт-Петербург; Kazan/Казань; Nizhny Novgorod",
    "Europe/Minsk": "Gomel/Гомель",
    "Europe/Oslo": "Bergen; Trondheim; Stavanger",
    "Europe/Paris": "Marseille; Lyon; Toulouse; Nice; Bordeaux; Nantes; Lille; Strasbourg;"
    " Montpellier; Rennes; Grenoble",
    "Europe/Prague": "Brno/Brünn; Ostrava",
    "Europe/Rome": "Milan/Milano/Mailand; Naples/Napoli/Neapel; Turin/Torino;"
    " Florence/Firenze/Florenz;"
    " Venice/Venezia/Venedig; Bologna; Genoa/Genova; Palermo; Verona",
    "Europe/Sofia": "Plovdiv/Пловдив; Varna/Варна",
    "Europe/Stockholm": "Gothenburg/Göteborg; Malmö; Uppsala",
    "Europe/Vienna": "Graz; Salzburg; Linz; Innsbruck",
    "Europe/Vilnius": "Kaunas",
    "Europe/Warsaw": "Krakow/Kraków/Cracow/Krakau; Gdańsk/Danzig; Wrocław/Breslau; Poznań; Łódź;"
    " Katowice; Lublin; Szczecin",
    "Europe/Zagreb": "Split; Dubrovnik",
    "Europe/Zurich": "Geneva/Genève/Genf/Ginevra; Basel/Bâle; Bern/Berne; Lausanne; Lugano;"
    " Lucerne/Luzern",
    "Pacific/Auckland": "Wellington; Christchurch; Queenstown",
    "Pacific/Honolulu": "Hawaii",
}

#: Short names of countries that CLDR writes out.
COUNTRIES = {"AE": "UAE", "CZ": "Czech Republic", "GB": "UK", "NL": "Holland", "US": "USA"}


def names() -> dict[str, list[tuple[str, ...]]]:
    """For each zone its cities, each with all its names, the English one first."""
    return {
        zone: [tuple(name.strip() for name in city.split("/")) for city in cities.split(";")]
        for zone, cities in ELSEWHERE.items()
    }
