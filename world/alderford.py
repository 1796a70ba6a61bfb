"""Alderford, a small town of people who do not exist: who lives there, who knows whom, who shows what to whom."""

from typing import Any, NamedTuple


class Resident(NamedTuple):
    """One line about a person. ``shows`` overrules default audiences: ``friends -moss``, ``circles Family``."""

    handle: str
    name: str
    age: int
    born: tuple[int, int]
    pronouns: str
    employer: str
    school: str
    interests: str
    bio: str
    shows: dict[str, str] = {}
    face: dict[str, Any] = {}


MILL, GATE, RIVER = "Mill Lane School", "Northgate College", "Alderford School"

RESIDENTS = (
    Resident("rose", "Rose Applegarth", 36, (4, 1), "she/her", "Alderford Library", MILL, "runner beans, bell ringing, crime novels",
             "Runs the library's lending desk and the seed swap beside it. Has beans to spare from July on.",
             {"city": "friends", "phone": "circles Family -moss", "email": "friends", "birthday": "friends -thyme",
              "postal_address": "circles Family/Allotment", "employer": "everyone", "interests": "everyone"},
             {"style": "bun", "hair": "#8f3b1e", "skin": "#f6d9c2", "cloth": "#9e2233", "ground": "#c9dcc0", "collar": "round", "glasses": False, "mouth": "smile", "freckles": True}),
    Resident("fern", "Fern Okafor", 35, (9, 17), "she/her", "Millrace Bakery", MILL, "sourdough, wild swimming, choir",
             "Up at four for the first loaves. If the lamp in Quay Street is lit, knock.",
             {"city": "everyone", "phone": "friends", "birth_date": "circles Household"},
             {"style": "cloud", "hair": "#2b211c", "skin": "#96603b", "cloth": "#2c5f45", "ground": "#f5eed0", "eyes": "open", "glasses": False, "collar": "scarf"}),
    Resident("moss", "Moss Lindqvist", 41, (11, 3), "he/him", "Fen Rail", GATE, "signal boxes, maps, bread",
             "Signalman at Alderford West. Moved here for the branch line and stayed for the bread.",
             {"website": "everyone", "employer": "friends"},
             {"style": "cap", "hair": "#c98d3f", "skin": "#f2cfb0", "cloth": "#24567a", "ground": "#e3ecdc", "beard": True, "glasses": False}),
    Resident("nettle", "Nettle Crane", 44, (2, 20), "she/her", "Crane Lettings", GATE, "property, golf, parking",
             "Letting agent. Strong views on skips, and glad to share them.",
             {"phone": "everyone", "email": "members", "city": "everyone"},
             {"style": "bob", "hair": "#1c1c22", "skin": "#eec4a3", "cloth": "#67540a", "ground": "#fbeedc", "mouth": "wry", "eyes": "sideways", "glasses": False, "collar": "shirt"}),
    Resident("bud", "Bud Applegarth", 15, (6, 9), "he/him", "", RIVER, "skateboards, frogs, drums",
             "Year ten. The ramp behind the station is not closed, it is resting.", {},
             {"style": "tuft", "hair": "#8f3b1e", "skin": "#f6d9c2", "cloth": "#d99b62", "ground": "#e3eef4", "collar": "stripes", "freckles": True}),
    Resident("clover", "Clover Okafor", 16, (3, 28), "she/her", "", RIVER, "trumpet, sprinting, baking",
             "Second trumpet, first on the hundred metres.", {"interests": "only_me"}),
    Resident("sprig", "Sprig Hathaway", 14, (8, 12), "they/them", "", RIVER, "comics, chess, newts",
             "Draws a comic about a newt. The newt is winning.", {"city": "circles Newts"}),
    Resident("hazel", "Hazel Brook", 67, (1, 25), "she/her", "", MILL, "pruning, dahlias, cricket",
             "Forty years head gardener at the Hall, now head of one allotment. Ask me about your apple tree.",
             {"phone": "friends", "postal_address": "circles Allotment"}),
    Resident("rowan", "Rowan Pike", 52, (10, 8), "he/him", "River Trust", GATE, "locks, pike, weather",
             "Lock keeper at the weir. The level is on the board, please do not telephone.", {"phone": "only_me", "city": "everyone"}),
    Resident("thyme", "Thyme Marchetti", 47, (5, 30), "he/him", "The Copper Kettle", GATE, "coffee, opera, card tricks",
             "Four tables, one machine, no oat arguments.", {"website": "everyone", "phone": "members", "employer": "everyone"}),
    Resident("sorrel", "Sorrel Haddad", 29, (7, 14), "she/her", "Alderford Echo", RIVER, "council minutes, running, film",
             "All of the Echo's news desk. Reads the minutes so that you can sleep.", {"email": "everyone", "employer": "everyone"}),
    Resident("alder", "Alder Whitcombe", 71, (12, 2), "he/him", "", MILL, "bell ringing, clocks, ale",
             "Tower captain. Winds the church clock on Thursdays and is wound up by everything else.", {"bio": "members"}),
    Resident("bramble", "Bramble Sato", 33, (9, 4), "she/her", "Weir Pottery", GATE, "glazes, jam, cats",
             "Pots on weekdays, jam on Sundays. They look much alike by the end of August.", {"website": "everyone", "city": "everyone"}),
    Resident("briar", "Dr Briar Nwosu", 38, (2, 11), "she/her", "Quay Surgery", GATE, "violin, cold water, atlases",
             "General practitioner. Not here for your knee, ring the surgery.",
             {"employer": "friends", "city": "friends", "picture": "members", "interests": "friends"}),
    Resident("heather", "Heather Quill", 58, (3, 19), "she/her", "", MILL, "choir, hill walking, crosswords",
             "Conducts the Riverside Choir. We are short of tenors, as is everybody.", {"phone": "circles Choir", "email": "friends"}),
    Resident("ivy", "Ivy Castellane", 27, (4, 23), "she/her", "Castellane Law", RIVER, "fencing, thrift shops, tort",
             "Junior solicitor. The senior one is my mother.", {"display_name": "members", "picture": "members", "bio": "members"}),
    Resident("linden", "Linden Farrow", 45, (6, 21), "he/him", "Alderford School", GATE, "chess, number theory, cycling",
             "Teaches mathematics. Homework is due regardless of the river level.",
             {"city": "friends", "employer": "friends", "interests": "friends", "picture": "friends"}),
    Resident("willow", "Willow Tremain", 31, (1, 7), "she/they", "Alderford School", GATE, "lino prints, murals, kites",
             "Art room, top floor, follow the smell of ink.", {"employer": "friends", "website": "everyone"}),
    Resident("juniper", "Juniper Holt", 39, (11, 16), "he/him", "Holt & Hops", GATE, "brewing, darts, geology",
             "Brews a bitter called Slow Train. Moss has forgiven me.", {"website": "everyone", "city": "everyone"}),
    Resident("sage", "Sage Mukherjee", 62, (10, 27), "he/him", "Market Place Pharmacy", GATE, "cricket, ghazals, orchids",
             "Pharmacist for thirty-five years. I know nothing about any of you.",
             {"interests": "only_me", "city": "only_me", "bio": "members"}),
    Resident("tansy", "Tansy Boyle", 24, (8, 5), "she/her", "", RIVER, "sheep, rugby, podcasts",
             "Fourth year of veterinary medicine, home at lambing.", {"birthday": "members", "phone": "friends"}),
    Resident("teasel", "Teasel Vane", 49, (5, 13), "they/them", "Weir Pottery", GATE, "weaving, dyes, owls",
             "Loom in the old wash house. Madder, weld and woad grow along the fence.", {"pronouns": "everyone", "city": "friends"}),
    Resident("yarrow", "Yarrow Penhale", 55, (9, 29), "he/him", "St Bride's", GATE, "bees, organ music, detective stories",
             "Vicar of St Bride's and keeper of eleven hives. Only one of the two jobs stings.", {"phone": "everyone", "email": "everyone"}),
    Resident("marigold", "Marigold Finch", 73, (7, 2), "she/her", "", MILL, "flowers, tango, bridge",
             "Had the flower stall until the knees said otherwise. The tango goes on.", {"birthday": "everyone"}),
    Resident("poppy", "Poppy Drummond", 34, (11, 11), "she/her", "County Ambulance", RIVER, "climbing, cake, sleep",
             "Paramedic on nights. If I look rude in the morning, I am merely asleep.", {"employer": "friends", "phone": "circles Night shift"}),
    Resident("reed", "Reed Callaghan", 43, (3, 6), "he/him", "Alderford Rowing Club", RIVER, "rowing, radio plays, soup",
             "Coaches the novices. The river is colder than it looks, and it looks cold.", {"email": "members"}),
    Resident("sedge", "Sedge Amador", 36, (5, 22), "she/her", "River Trust", GATE, "reeds, moths, fiddles",
             "Counts what lives in the water meadow. Currently: more than last year.", {"website": "everyone"}),
    Resident("ash", "Ash Bellamy", 28, (2, 28), "he/him", "", RIVER, "joinery, football, hedgelaying",
             "Carpenter. Sash windows, staircases, one boat.", {"phone": "everyone", "city": "everyone"}),
    Resident("elder", "Elder Tomkins", 79, (12, 24), "he/him", "", MILL, "stamps, dominoes, dogs",
             "Carried the post here for forty-one years. I know every gate, and every dog behind it.", {"display_name": "everyone"}),
    Resident("maple", "Maple Okafor", 40, (6, 30), "she/her", "Millrace Bakery", MILL, "pastry, netball, savings",
             "The other half of the bakery. Fern makes the bread, I make it pay.", {"city": "everyone", "employer": "everyone"}),
    Resident("clary", "Clary Wendell", 32, (4, 12), "she/her", "Wendell Opticians", GATE, "stars, embroidery, quizzes",
             "Optician by day, telescope by night. Same trade, longer distance.", {"city": "members"}),
    Resident("dill", "Dill Janssen", 26, (10, 1), "he/him", "The Weir Inn", RIVER, "smoke, eels, synthesizers",
             "Second chef at the Weir. The eel is from here, the cook from Ghent.", {"birthday": "everyone", "interests": "everyone"}),
    Resident("basil", "Basil Karras", 64, (8, 15), "he/him", "Karras Greengrocer", GATE, "backgammon, tomatoes, history",
             "Greengrocer on the corner of Market Place. You may squeeze the melons, gently.", {"phone": "members"}),
    Resident("violet", "Violet Ashby", 46, (1, 18), "she/her", "", MILL, "piano, bats, sonnets",
             "Teaches piano in Church Row. If you hear scales, it is after four.", {"phone": "friends -nettle", "city": "friends -nettle"}),
    Resident("iris", "Iris Delacroix", 30, (5, 9), "she/her", "Alderford Echo", RIVER, "darkrooms, rooftops, herons",
             "Photographs weddings, floods and the heron. The heron pays worst.", {"website": "everyone", "picture": "everyone"}),
    Resident("flax", "Flax Oduya", 37, (9, 23), "he/him", "Needle & Oduya", GATE, "tailoring, salsa, chilli",
             "Takes in trousers, lets out waistcoats, asks no questions.", {"city": "everyone", "phone": "members -nettle"}),
    Resident("vetch", "Vetch Dunmore", 53, (7, 26), "he/him", "Dunmore Motors", RIVER, "engines, darts, crime novels",
             "Fixes what has wheels. Two lorries, one hearse and the school minibus at the moment.", {"employer": "everyone"}),
    Resident("burdock", "Burdock Lyle", 59, (11, 30), "he/him", "The Weir Inn", MILL, "ale, shanties, weather",
             "Landlord. Closing time is when I say, which is eleven.", {"phone": "everyone", "birth_date": "friends"}),
    Resident("campion", "Campion Reyes", 21, (4, 17), "he/they", "", RIVER, "football, physics, bass",
             "Left back for the Town, second year of physics, third at neither.", {"school": "friends", "pronouns": "everyone"}),
    Resident("celandine", "Celandine Moor", 51, (3, 3), "she/her", "Alderford Town Council", GATE, "minutes, roses, genealogy",
             "Town clerk. The hedge consultation is open until the end of the month.", {"email": "everyone", "city": "everyone"}),
    Resident("larkspur", "Larkspur Iwu", 48, (12, 12), "he/him", "Fen Rail", GATE, "amateur radio, kites, maths",
             "Drives the 6.12. Talks to Tasmania in the evening.", {"interests": "everyone", "website": "everyone"}),
)  # fmt: skip

CLUSTERS = {
    "the allotments": "rose hazel bramble teasel marigold basil celandine sedge",
    "the bells": "rose alder yarrow vetch juniper elder",
    "the choir": "fern heather violet yarrow flax poppy thyme marigold",
    "the bakery": "fern maple thyme dill basil moss",
    "the line": "moss larkspur juniper elder vetch",
    "the school": "linden willow briar violet",
    "the river": "rowan reed sedge poppy ash dill fern",
    "the Echo": "sorrel iris celandine ivy thyme",
    "the inn": "burdock juniper ash dill campion vetch",
    "Market Place": "sage clary flax basil thyme maple",
    "the team": "campion ash tansy reed ivy",
    "the pupils": "bud clover sprig",
    "surgery and pharmacy": "briar sage poppy clary",
    "the workshop": "bramble teasel willow iris ash",
}
FRIENDS = (
    "rose fern", "rose maple", "rose briar", "rose willow", "rose bud", "bud fern", "bud campion", "clover fern",
    "clover maple", "sprig willow", "sprig sedge", "nettle ivy", "nettle burdock", "nettle celandine", "nettle flax",
    "nettle violet", "moss linden", "heather alder", "hazel elder", "hazel alder", "tansy hazel", "larkspur clary",
    "rowan elder", "burdock alder", "sorrel rowan", "iris rowan", "fern rowan",
)  # fmt: skip
CIRCLES = (
    ("rose", "Family", "bud fern"),
    ("rose", "Allotment", "hazel bramble teasel"),
    ("fern", "Household", "maple clover"),
    ("hazel", "Allotment", "rose bramble basil sedge"),
    ("heather", "Choir", "fern violet flax poppy"),
    ("sprig", "Newts", "sedge bud"),
    ("poppy", "Night shift", "briar sage"),
    ("juniper", "Tasters", "moss vetch burdock"),
)
BLOCKS = (("rose", "nettle"), ("violet", "nettle"), ("ivy", "juniper"))
MUTES = (("moss", "thyme"), ("sorrel", "nettle"), ("elder", "campion"))
STREETS = ("Mill Lane", "Church Row", "Quay Street", "Station Road", "Orchard Close", "Weir Cottages", "Market Place")
AWAY = {"tansy": ("Bristol", "GB"), "campion": ("Leeds", "GB"), "dill": ("Ghent", "BE"), "ivy": ("Weirbridge", "GB")}

STAFF = (
    ("warden", "superuser", "every office, and masks all the same"),
    ("beadle", "support", "support: masked, may uncover contact data"),
    ("hayward", "safety", "safety: reports, and juveniles"),
    ("reeve", "privacy_officer", "privacy officer: defaults, policy, erasure"),
    ("notary", "legal", "legal: disclosure requests"),
    ("chandler", "partner_manager", "partners and their agreements"),
    ("crier", "campaigns", "campaigns: product and marketing"),
    ("teller", "auditor", "auditor: reads the ledger, uncovers nothing"),
)
