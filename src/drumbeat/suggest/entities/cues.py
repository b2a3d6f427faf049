"""Words that tell what the name beside them, or that they are part of, is.  Written down from general knowledge, taken from no corpus."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PERSON_TITLES = _set(
    """Mr Mrs Ms Miss Mme Dr Prof Professor Sir Dame Lord Lady Rev Reverend Fr Father Sister Rabbi Imam Pope Archbishop Bishop
    Cardinal Pastor Ayatollah Sheikh Sheik Mullah President Vice-President Premier Chancellor Minister Secretary Ambassador Senator
    Congressman Congresswoman Representative Rep Reps Sen Sens Gov Governor Mayor Councilman Councilwoman Alderman Speaker Judge
    Justice Attorney Sheriff Gen General Maj Major Col Colonel Lt Lieutenant Capt Captain Cpl Corporal Sgt Sergeant Pvt Adm Admiral
    Commander Cmdr Marshal Officer Detective Det Inspector Superintendent Constable Coach King Queen Prince Princess Duke Duchess
    Emperor Empress Baron Count Earl Tsar Czar Chairman Chairwoman Chairperson Director Spokesman Spokeswoman Spokesperson Herr Frau
    Monsieur Madame Signor Señor Senor Don Chief Comrade Saint Sultan Emir Shah Mufti Brigadier Chef Agent Deputy Dean Treasurer
    Comptroller Editor Reporter Photographer Correspondent Messrs Mister Justices Presidents Ministers Hon MP CEO CFO COO"""
)
"""Titles; written with a full stop or without."""

TITLE_PARTS = PERSON_TITLES | _set(
    """Foreign Prime Defense Defence Finance Interior Deputy Vice Acting Former Attorney State Press Majority Minority Leader Chief
    Executive Energy Health Education Agriculture Trade Economy Economic Justice Labor Transport Transportation Housing Environment
    Treasury Commerce First Assistant Under Lieutenant Special Staff District Emeritus Associate House Senate Whip Party Police Fire
    National Security Adviser Advisor Envoy CEO CFO COO"""
)
"""Capitalised words that may stand in a title before its last word."""

PLAIN_TITLES = _set("Mr Mrs Ms Dr Miss Messrs Mme")
"""Titles that nothing but a person's name follows."""

BODY_NOUNS = _set(
    """company firm group chain agency newspaper daily magazine giant conglomerate carrier airline broadcaster publisher retailer
    automaker carmaker maker brewer bank brokerage insurer union party movement club team band organization organisation charity
    startup start-up developer contractor supplier operator unit subsidiary rival restaurant cafe hotel bar
    theater theatre school college university museum orchestra"""
)
"""Common nouns that the name of a body follows."""

PLACE_NOUNS = _set(
    """town city village province state region port capital suburb island district county peninsula valley airport mountains mountain
    river neighborhood neighbourhood area coast border checkpoint municipality"""
)
"""Common nouns of places: `town of X`, `X airport`."""

NAME_PARTICLES = _set("de del della di da dos du la le van von der den ten ter bin ibn al el bint ben zu zur y e af")

PEOPLE_SUFFIXES = _set("Jr Jr. Sr Sr. II III IV V VI VII VIII IX X XI XII XVI XXIII")

COMPANY_SUFFIXES = _set(
    """Inc Corp Co Ltd LLC PLC Plc plc LLP AG GmbH SA S.A. SpA NV N.V. BV AB ASA Oyj KK Bhd Pty Pte Cos Bros L.P. LP SE Sdn"""
)

ORG_HEADS = _set(
    """Academy Administration Agency Airlines Airways Alliance Army Assembly Associates Association Authority Bancorp Bank Banks Board
    Brigade Brigades Broadcasting Brothers Bureau Cabinet Capital Center Centre Chamber Church Club Clinic Coalition College
    Commission Committee Communications Companies Company Confederation Conference Congress Consortium Consulting Co-operative
    Corporation Corps Council Court Courts Daily Department Dept Division Electric Electronics Enterprises Entertainment Exchange FC
    F.C. Federation Financial Fleet Force Forces Foundation Front Fund Funds Gazette Government Group Guard Guild Headquarters Herald
    High Holdings Hospital Industries Initiative Institute Institution Insurance International Investments Journal Laboratories
    Laboratory Labs Lab League Legion Legislature Library Magazine Media Ministry Mission Motors Movement Museum Navy Network News
    Newspapers Newsroom Newsdesk Desk Observatory Office Orchestra Organisation Organization Parliament Partners Partnership Party
    Pharmaceuticals Philharmonic Police Post Press Productions Project Publications Publishers Publishing Regiment Republicans
    Resources School Schools Secretariat Securities Senate Seminary Service Services Society Software Squad Stores Studio Studios
    Subcommittee Symphony Syndicate Systems Taskforce Team Technologies Technology Telecom Telegraph Television Times Treasury Tribune
    Tribunal Trust Union United University Utilities Ventures Works Airline Rotary Rovers Wanderers Theatre Theater Hotel"""
)

SURNAME_HEADS = _set(
    """Banks Bell Bishop Bush Castle Church Cruise Day Field Fields Ford Guard Hall Hill House Lake Lane Park Post Rivers
    Temple Waters Wood Woods"""
)
"""Last words of bodies and places that are surnames as well: `David Post`."""

LINKS = frozenset({"of", "for"})
FIELDS = _set(
    """Affairs Agriculture Arts Commerce Culture Cooperation Co-operation Crafts Defence Defense Development Education Energy
    Engineering Environment Finance Health Human Industry Justice Labor Labour Letters Management Medicine Planning Prevention Privacy
    Research Science Sciences Security Society Sport Sports Technology Tourism Trade Transport Transportation Welfare Work"""
)
"""What bodies are for or of: `Center for Internet and Society`."""

FACILITY_HEADS = _set(
    """Airport Arena Avenue Ave Base Boulevard Blvd Bridge Building Castle Cathedral Cemetery Courthouse Expressway Freeway Hall
    Highway House Jail Mall Memorial Monument Mosque Palace Park Plaza Prison Road Rd Speedway Square St Stadium Station Street
    Synagogue Temple Tower Towers Tunnel Turnpike Zoo Way Lane Terminal Ballpark Coliseum Racecourse Dam"""
)

PLACE_HEADS = _set(
    """Bay Beach Canyon Cape Channel Coast County Creek Delta Desert District Falls Forest Glacier Gulf Harbor Harbour Heights Hill
    Hills Island Islands Isle Isles Lake Lakes Mountain Mountains Ocean Peninsula Plateau Point Port Province Quarter Reef Region
    Ridge River Sea Shore Strait Straits Territory Valley Village Volcano Woods Oblast Peak Circle Springs City Republic Basin"""
)

EVENT_HEADS = _set(
    """Award Awards Bowl Carnival Champions Championship Championships Classic Convention Cup Day Derby Exhibition Expo Festival Final
    Finals Forum Games Grand-Prix Holocaust Intifada Invitational Marathon Massacre Masters Olympics Open Prix Race Revolution Series
    Summit Talks Tour Tournament Trophy War Wars Hurricane Rebellion Uprising"""
)

LAW_HEADS = _set(
    """Accord Accords Act Agreement Agreements Amendment Bill Charter Code Constitution Convention Conventions Doctrine Pact Protocol
    Resolution Statute Treaty"""
)

ROLE_NOUNS = _set(
    """actor actress adviser advisor aide ally analyst anchor architect artist astronaut attorney author banker biographer boss bowler
    boy boxer brother candidate captain cardinal champion chairman chairwoman chef chief coach co-author co-founder colleague
    columnist comedian commander commentator commissioner composer conductor congressman consultant correspondent councillor counsel
    critic cyclist daughter dancer defender defendant democrat deputy designer detective diplomat director dissident doctor driver
    economist editor engineer envoy executive expert farmer father filmmaker fighter forward founder friend general girl girlfriend
    goalkeeper golfer governor grandfather grandmother guard guitarist historian husband inspector investigator jockey journalist
    judge killer lawmaker lawyer leader lieutenant man manager mayor midfielder militant minister mother musician neighbor novelist
    nurse officer official opponent owner painter partner pastor philosopher photographer physicist pianist pilot pitcher player
    playwright poet politician president premier priest prince princess principal producer professor prosecutor psychologist
    quarterback rabbi rapper rebel receptionist referee reporter representative republican researcher resident rival runner sailor
    scholar scientist sculptor secretary senator sheriff singer sister skater skier skipper sociologist soldier son speaker spokesman
    spokeswoman spokesperson sprinter star striker student superintendent supervisor surgeon suspect swimmer teacher teammate teen
    teenager treasurer veteran victim victor widow wife winger winner witness woman worker writer"""
)
"""Common nouns of people."""

PERSONAL = _set(
    """actions administration aide arrest attorney autobiography biography birth body book brother campaign career childhood children
    cousin daughter death divorce family father friend friends funeral husband home house lawyer lawyers life marriage memoir mother
    nephew niece novel parents predecessor remarks resignation sister son speech spokesman successor testimony trial uncle widow wife
    work"""
)
"""What people have: `X's wife`."""

CORPORATE = _set(
    """acquisition board chairman chief customers earnings executives headquarters management market net operations president products
    profit profits sales service services share shareholders shares software stock subsidiary unit website"""
)
"""What companies have: `X's shares`."""

NATIONAL = _set(
    """army border borders capital central city constitution currency economy embassy exports government invasion king military
    ministry navy parliament people population president prime queen ruling southern northern eastern western state supreme territory
    troops"""
)
"""What states have: `X's capital`."""

SAID = _set(
    """said says say told tells added adds asked asks wrote writes warned warns explained explains insisted insists recalled recalls
    noted notes argued argues admitted admits replied replies continued continues concluded concludes tweeted commented remarked
    testified thinks thought believes believed predicted acknowledged joked quipped maintains observed declared laughed smiled"""
)

PEOPLE_PRONOUNS = _set("he she his her him himself herself who whose whom")
BODY_PRONOUNS = _set("its itself which")

WEEKDAYS = _set(
    """Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Tues Wed Thu Thurs Fri Sat Sun Mon. Tue. Tues. Wed. Thu.
    Thurs. Fri. Sat. Sun."""
)
MONTHS = _set(
    """January February March April May June July August September October November December Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct
    Nov Dec Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec."""
)

INTERFACE = _set(
    """Share Tweet Email Print Subscribe Follow Menu Search Login Log Sign Read More Click Photo Photos Image Images Video Home Copyright
    Updated Published Comments Reply Skip Newsletter Advertisement Related"""
)
"""Words of a page's furniture, which stand beside names without belonging to them."""

PHRASES = frozenset({"Terms of Service", "Terms of Use", "Privacy Policy", "Cookie Policy", "All Rights Reserved"})
"""Capitalised phrases that name nothing."""

NO_NAMES = (
    WEEKDAYS
    | MONTHS
    | _set(
        """A An The I It He She We They You This That These Those There What When Where Who Why How And But Or If In On At To Of For From
        By With As So Not No Yes My Your His Her Its Our Their All One Two Three After Before While Since Because Although Though Until
        Now Then Here Just Only Also Even Still Yet Is Are Was Were Be Been Do Does Did Has Have Had Can Could Will Would Should May Might
        Must Let Read More Story Photo Image Video Update Exclusive Breaking Editor Reporter Copyright Subscribe Share Click Internet Web
        God QC KC CBE OBE MBE PhD MBA CEO CFO GMT EDT EST PST PDT UTC CET BST"""
    )
)
"""Capitalised words that are no name by themselves."""
