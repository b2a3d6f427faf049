"""The words that report: verbs with what they take, nouns, titles of persons.  Written from general knowledge of English.

What a verb takes, by letter:

- `c` a clause (`said that …`, `asked whether …`) or words in marks
- `i` an infinitive (`promised to …`), with `t` after the person addressed (`urged them to …`)
- `t` a person addressed, who is no content (`told reporters that …`)
- `n` a noun phrase that states what was said (`denied any part in …`)
- `o` an object and what is said of it (`called it a lie`, `accused them of …`)
- `w` words in marks only, before it: a thought (`“Why me?” she thought`)
- `q` words in marks only: the verb is no report by itself (`laughed`, `continued`)
"""

from dataclasses import dataclass

_TAKES = {
    "c": """say add note claim argue insist state assert contend maintain remark observe declare proclaim comment reply respond
        recall conclude joke quip boast brag lament complain concede admit acknowledge confess reiterate stress emphasize emphasise allege
        opine muse mention indicate imply hint signal disclose reveal affirm attest testify speculate estimate caution counter
        interject quote rejoin retort theorize theorise pronounce protest vent gripe grumble grouse bemoan
        clarify specify posit postulate surmise venture swear tweet retweet blog post write explain
        reason suggest underscore underline intone confide elaborate recount joke""",
    "cn": "announce predict confirm foresee forecast propose report",
    "cit": "tell ask beg advise instruct remind",
    "ct": "inform assure notify brief reassure",
    "cin": "deny promise pledge demand vow",
    "ci": "threaten agree",
    "it": "urge order command implore exhort",
    "cint": "recommend request warn",
    "o": "call dub label brand accuse describe characterize characterise portray denounce slam blast decry deride mock hail praise "
    "deem condemn criticize criticise dismiss ridicule tout",
    "q": """continue begin start conclude read cry shout yell scream chant whisper mutter murmur exclaim snap bark
        laugh sigh smile nod shrug sing recite thunder roar holler growl grin chuckle repeat inquire query
        answer sum reflect plead chime fire interrupt charge press prod correct
        react sneer scoff sniff deadpan gush crow hiss mouth type text tag caption print publish air broadcast
        headline title entitle""",
    "w": "think believe feel hope fear find worry understand guess figure realize realise suspect wonder",
}
_IRREGULAR = {
    "say": "says said saying",
    "tell": "tells told telling",
    "put": "puts put putting",
    "hit": "hits hit hitting",
    "make": "makes made making",
    "write": "writes wrote written writing",
    "begin": "begins began begun beginning",
    "go": "goes went gone going",
    "read": "reads read reading",
    "sing": "sings sang sung singing",
    "think": "thinks thought thinking",
    "feel": "feels felt feeling",
    "find": "finds found finding",
    "ring": "rings rang rung ringing",
    "see": "sees saw seen seeing",
    "swear": "swears swore sworn swearing",
    "foresee": "foresees foresaw foreseen foreseeing",
    "know": "knows knew known knowing",
    "show": "shows showed shown showing",
    "understand": "understands understood understanding",
    "shoot": "shoots shot shooting",
    "speak": "speaks spoke spoken speaking",
    "cast": "casts cast casting",
    "forecast": "forecasts forecast forecasting",
    "broadcast": "broadcasts broadcast broadcasting",
}


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


_DOUBLING = {"beg", "admit", "brag", "quip", "blog", "tag", "refer", "sum", "slam", "grin", "nod", "shrug", "dub", "snap"}
_VOWELS = set("aeiou")


def _inflect(verb: str) -> list[str]:
    if verb in _IRREGULAR:
        return [verb, *_IRREGULAR[verb].split()]
    if verb in _DOUBLING:
        return [verb, verb + "s", verb + verb[-1] + "ed", verb + verb[-1] + "ing"]
    if verb.endswith("e"):
        return [verb, verb + "s", verb + "d", verb[:-1] + "ing"]
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return [verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"]
    if verb.endswith(("s", "sh", "ch", "x")):
        return [verb, verb + "es", verb + "ed", verb + "ing"]
    return [verb, verb + "s", verb + "ed", verb + "ing"]


@dataclass(frozen=True, slots=True)
class Verb:
    """A reporting verb: its dictionary form and what it takes."""

    lemma: str
    takes: frozenset[str]


def _verbs() -> dict[str, Verb]:
    takes: dict[str, set[str]] = {}
    for letters, verbs in _TAKES.items():
        for verb in verbs.split():
            takes.setdefault(verb, set()).update(letters)
    return {form: Verb(verb, frozenset(letters)) for verb, letters in takes.items() for form in _inflect(verb)}


VERBS = _verbs()

# What a verb takes with this particle or object, and only so.
_WITH = {
    "point": ("out", "c"),
    "spell": ("out", "cn"),
    "rule": ("out", "cn"),
    "go": ("on", "q"),
    "shoot": ("back", "q"),
    "fire": ("back", "q"),
    "hit": ("back", "q"),
    "write": ("back", "q"),
    "put": ("it", "q"),
    "make": ("clear", "c"),
}
PHRASAL = {
    form: (particle, Verb(f"{verb} {particle}", frozenset(letters)))
    for verb, (particle, letters) in _WITH.items()
    for form in _inflect(verb)
    if form not in VERBS
}
# Prepositions that belong to a verb: they go with the cue (`called for`, `warned of`).
PREPOSITIONS = {
    "ask": frozenset(("for",)),
    "call": frozenset(("for", "on")),
    "refer": frozenset(("to",)),
    "warn": frozenset(("of", "against")),
}
REFUSE = frozenset(form for verb in ("refuse", "decline", "fail") for form in _inflect(verb))

TITLES = words(
    """
    mr mrs ms miss dr sir dame lord lady gov sen rep gen lt col capt sgt cpl maj adm cmdr prof rev fr sr st hon mr.
    mrs. ms. dr. gov. sen. rep. gen. lt. col. capt. sgt. cpl. maj. adm. cmdr. prof. rev. fr. sr. hon. sens. reps.
    govs. premier president senator congressman congresswoman governor mayor minister secretary chancellor king queen prince
    princess pope judge justice general colonel captain sergeant major admiral professor ambassador speaker chairman
    chairwoman
    """
)

NOUNS = words(
    """
    claim statement assertion allegation argument accusation announcement promise pledge vow threat warning call
    demand suggestion insistence contention denial admission acknowledgment assurance declaration prediction
    proposal plea request appeal charge complaint remark comment report boast
    """
)
WEEKDAYS = words(
    """
    monday tuesday wednesday thursday friday saturday sunday today yesterday tonight tomorrow
    """
)
CONNECTIVES = words(
    """
    and but so or yet still however meanwhile moreover nonetheless nevertheless instead also indeed then plus
    """
)
SUBORDINATORS = words(
    """
    while after before although though when whenever as despite because since if unless until once whereas where
    """
)

REPORTING_LABELS = words(
    """
    poll polls report reports study studies survey police officials official source sources court judge experts
    expert analysts analyst critics scientists researchers media newspaper insiders aides aide lawyer lawyers
    witness witnesses prosecutors spokesman spokeswoman spokesperson minister president mayor q a
    """
)
OTHER_LABELS = words(
    """
    photo photos video videos image images credit update updated note related tags topics category date time where
    when what who why how cost tickets email phone tel fax address location contact share follow by contributing
    correction opinion analysis breaking live exclusive watch listen more read gallery graphic map timeline headline
    topic section editor's
    """
)

FEMALE = words(
    """
    abigail agnes alexandra alice alison amanda amy andrea angela anita ann anna anne annette barbara beatrice beth
    betty beverly brenda bridget camille carla carmen carol caroline carolyn catherine cathy charlotte cheryl chloe
    christina christine cindy claire clara claudia condoleezza constance cynthia daisy dana deborah debbie denise
    diana diane dolores donna doris dorothy edith eileen elaine eleanor elena elizabeth ella ellen emily emma erica
    erin esther eva evelyn fatima fiona florence frances gabrielle gail georgia gina gloria grace greta hannah
    harriet heather heidi helen hillary holly ida ingrid irene isabel ivanka jacqueline jane janet janice jean
    jennifer jessica jill joan joanna joyce judith judy julia julie kamala karen kate katherine kathleen kathryn
    kathy katie kayla kelly kim kimberly kristin laura lauren laurie leila leslie lillian linda lisa liz lois
    loretta lori louise lucy lydia lynn madeleine margaret maria marian marie marilyn marina marine marion marjorie
    martha mary maureen megan melania melissa mercedes michelle mildred miriam molly monica nadia nancy naomi
    natalie natalia nicole nikki nina nora norma olga olivia pamela patricia paula peggy penny phyllis priscilla
    rachel rebecca regina renee rita roberta rosa rose rosemary ruth sabrina sally samantha sandra sara sarah sharon
    sheila shirley sofia sonia sophia sophie stacey stella stephanie sue susan suzanne svetlana sylvia tamara tanya
    tara teresa theresa tiffany tina tracy ursula valerie vanessa vera veronica victoria virginia vivian wanda wendy
    yolanda yvonne zoe
    """
)
MALE = words(
    """
    aaron abdul abraham adam adrian ahmed alan albert alejandro alex alexander alfred ali allan allen alberto andre
    andrew andy angelo anthony antonio arnold arthur barack barry ben benjamin bernard bernie bill billy bob boris
    brad bradley brandon brendan brian bruce bryan calvin carl carlos chad charles charlie chester chris christian
    christopher chuck clarence claude clifford colin corey craig curtis dale dan daniel darren dave david dean
    dennis derek diego dmitry dominic don donald doug douglas duncan dwight earl ed eddie edgar edward edwin elijah
    eric ernest eugene evan felix fernando floyd francis francisco frank franklin fred frederick gary gene geoffrey
    george gerald gilbert giovanni glenn gordon graham greg gregory guy hans harold harry harvey hassan hector henry
    herbert herman howard hugh hugo ian igor ivan jack jacob jake james jamal jared jason javier jay jeff jeffrey
    jeremy jerome jerry jim jimmy joe joel john johnny jon jonathan jorge jose joseph joshua juan julian justin karl
    keith ken kenneth kevin kurt kyle larry lawrence lee leo leon leonard lewis lloyd louis luis luke manuel marc
    marco marcus mario mark martin marvin matt matthew maurice max michael miguel mike mikhail milton mitch mitchell
    mitt mohamed mohammed moses muhammad nathan neil nelson newt nicholas nick nicolas nigel norman oliver omar
    oscar otto owen pablo patrick paul pedro pete peter phil philip pierre ralph ramon randall randy ray raymond
    reince ricardo richard rick ricky rob robert roberto rod rodney roger roland ron ronald ross roy ruben rudy
    russell ryan sam samuel scott sean sergei sergey seth shane sidney simon stanley stefan stephen steve steven
    stuart ted terrence terry theodore thomas tim timothy toby todd tom tommy tony travis trevor tyler victor
    vincent vladimir volodymyr wallace walter warren wayne wesley wilfred will william xavier yuri zachary
    """
)

_STATES_OF = """
    American United_States U.S. US USA America; Argentine Argentina; Australian Australia; Austrian Austria;
    Belarusian Belarus; Belgian Belgium; Brazilian Brazil; British Britain United_Kingdom U.K. UK; Bulgarian
    Bulgaria; Canadian Canada; Chinese China; Cuban Cuba; Czech Czech_Republic Czechia; Danish Denmark; Dutch
    Netherlands; Egyptian Egypt; Estonian Estonia; Ethiopian Ethiopia; Finnish Finland; French France; Georgian
    Georgia; German Germany; Greek Greece; Hungarian Hungary; Indian India; Indonesian Indonesia; Iranian Iran;
    Iraqi Iraq; Irish Ireland; Israeli Israel; Italian Italy; Japanese Japan; Kazakh Kazakhstan; Kenyan Kenya;
    Korean South_Korea North_Korea; Latvian Latvia; Lithuanian Lithuania; Mexican Mexico; Nigerian Nigeria;
    Norwegian Norway; Pakistani Pakistan; Palestinian Palestine; Polish Poland; Portuguese Portugal; Romanian
    Romania; Russian Russia; Saudi Saudi_Arabia; Serbian Serbia; South_African South_Africa; Spanish Spain; Swedish
    Sweden; Swiss Switzerland; Syrian Syria; Taiwanese Taiwan; Turkish Turkey; Ukrainian Ukraine; Venezuelan
    Venezuela; Vietnamese Vietnam
"""
STATES = {
    item.split()[0].replace("_", " ").lower(): tuple(state.replace("_", " ") for state in item.split()[1:])
    for item in _STATES_OF.split(";")
}
OFFICIALS = words(
    "official officials government authorities ministry military army diplomat diplomats delegation embassy mission forces side leaders"
)
