"""Words that the furniture of a page is made of: what each kind of line is recognised by, from general knowledge of English news sites.

A cue is one word or two that follow each other in a line; letter case and marks do not matter.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from drumbeat.suggest.regions.page import Hashes, Ints, Page, read

Table = tuple[Hashes, npt.NDArray[np.int8]]

# Words without content, by language: how many of them a line has tells running text from labels.
FUNCTION_WORDS = {
    "en": "the of and to a in that is was for it with as on be at by this had not are but from or have an they which you were there"
    " their been has will would"
    " who when more if he she his her him we our its i said what up so out about into than them can only other some could my do did no"
    " then over also"
    " after before because while during where how between both being most such these those against under through us me your just",
    "de": "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach"
    " wird bei einer um am sind noch"
    " wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde ihr wir ich",
    "fr": "le la les de des du et un une en est que qui dans pour pas sur au par il elle ce se ne plus avec sont son sa ses ou mais"
    " nous vous leur été cette aux",
    "es": "el los las y del que en un una por con no su para es al lo como más pero sus le ya o este sí porque esta entre cuando muy"
    " sin sobre también me hasta hay",
    "it": "il lo gli di e che è per non sono si con del della dei delle nel alla ha più anche ma come questo",
    "pt": "o os as do da dos das em um uma que é com não para por mais como foi ao ele ela seu sua ou quando muito nos já eu também só"
    " pelo pela até isso",
    "nl": "het een van en is dat op te zijn voor met niet aan er om ook als bij maar nog naar wordt dan werd heeft ze hij",
    "sv no da": "och att det som på är av för med till den har inte om ett men var så från kan når også ikke til er av på som med har"
    " blir vil og på den at de ikke",
    "pl cs": "i w na z się nie do że to jest o jak po co ale za od przez są był a že se v je s k i jako pro byl",
    "tr id ru": "ve bir bu da de için ile yang dan di untuk dengan dari ini itu pada tidak в и не на что с по как это к из у за от так"
    " же но он она они",
}

CUES = {
    "related": "related|read more|read also|also read|more stories|more news|most read|most popular|trending|recommended|you may"
    "|may like|might like|might also|don't miss|up next"
    "|top stories|latest news|latest stories|more from|from our|editor's picks|editors' picks|popular now|see also|more on"
    "|next article|previous article|next story|recent posts"
    "|previous post|next post|must read|go deeper|more like|like this|keep reading|continue reading|read next|explore more"
    "|featured stories|in other|news headlines|watch now|watch more"
    "|more articles|related articles|related stories|related topics|related content|related posts|related news|similar articles"
    "|latest headlines|today's top|around the|our picks|what's next",
    "comments": "comment|comments|leave a|reply|replies|add comment|post comment|commenting|view comments|join the|conversation"
    "|discussion|moderated|moderators|upvote|likes|report abuse"
    "|community guidelines|your comment|your thoughts|cancel reply|email address|be published|required fields|logged in|to comment"
    "|commenters|disqus|says|guest|permalink|karma",
    "subscription": "subscribe|subscriber|subscribers|subscription|subscriptions|newsletter|newsletters|sign up|inbox|donate|donation"
    "|membership|become a|free trial|unlimited access|per month|cancel anytime"
    "|support our|support us|your support|digital access|e-edition|already a|log in|sign in|my account|register|your email|unsubscribe"
    "|daily briefing|breaking news|e-mail|morning briefing"
    "|delivered to|straight to|full access|start your|gift subscription|stay informed|stay up|the latest|free newsletter|premium"
    "|paywall|patreon|quality journalism|independent journalism",
    "interface": "share|tweet|print|email|whatsapp|facebook|twitter|linkedin|pinterest|reddit|telegram|instagram|youtube|copy link"
    "|link copied|clipboard|save article|bookmark|follow us|share this|on facebook"
    "|on twitter|click here|tap here|open in|new window|play video|listen to|min read|minute read|minutes read|read time|reading time"
    "|loading|javascript|browser|enable|error|try again|close|show more"
    "|load more|see more|view all|see all|show all|expand|collapse|download|upload|font size|text size|translate|audio|autoplay|pause"
    "|mute|video player|volume|speed|skip|back to|to top|scroll"
    "|share on|add to|save for|report this|edit|view gallery|view slideshow|full screen|gallery|slideshow|photos|hide caption"
    "|toggle caption|transcript|embed|in this|google news|preferred source",
    "navigation": "home|menu|search|sections|section|navigation|skip to|main content|sitemap|site map|archive|archives|categories"
    "|category|tags|tagged|topics|topic|sport|sports|politics|business|world|opinion"
    "|entertainment|lifestyle|technology|tech|health|science|travel|culture|weather|video|videos|podcasts|obituaries|classifieds|jobs"
    "|puzzles|crossword|horoscopes|games|education|environment|arts|style"
    "|local|national|international|us news|uk news|world news|editions|apps|rss|feed|filed under|posted in|more in|next|previous|prev"
    "|page|part of",
    "legal": "copyright|all rights|rights reserved|privacy|privacy policy|terms|terms of|of use|of service|cookie|cookies"
    "|cookie policy|disclaimer|accessibility|do not|sell my|your privacy|consent|gdpr|ccpa|licence"
    "|license|licensed|reproduced|republish|redistributed|redistribution|without permission|written permission|reprints|permissions"
    "|contact us|about us|contact|careers|advertise|press council|ipso|corrections"
    "|imprint|impressum|datenschutz|registered in|registered office|trademark|trademarks|powered by|hosted by|part of|ltd|llc|gmbh|inc"
    "|data protection|ethics policy|code of|tos|affiliate|commission",
    "advertisement": "advertisement|advertisements|advertising|advertiser|sponsored|sponsor|promoted|promotion|partner content"
    "|paid content|ad|ads|buy now|shop|shopping|deal|deals|discount|coupon|coupons|sale|price|offer|offers"
    "|free shipping|order now|learn more|app store|google play|download the|our app|gift|win a|best price|story continues"
    "|article continues|continues below|taboola|outbrain|promo|voucher",
    "author": "by|writer|reporter|editor|correspondent|author|staff|contributor|contributing|columnist|journalist|covers|written by"
    "|posted by|published by|about the|is a|has been|writes about|follow him|follow her"
    "|freelance|bureau|can be|reached at|more by|view profile|all posts|articles by|posts by|graduate|based in|professor|lives in"
    "|edited by|reporting by|contributed to|additional reporting",
    "time": "january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sep"
    "|sept|oct|nov|dec|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|tues"
    "|wed|thu|thurs|fri|sat|sun|ago|hours|hour|hrs|days|minutes|mins|updated|published|posted|last updated|am|pm|a m|p m|est|edt|et"
    "|gmt|bst|ist|utc|pst|pdt|cet|first published|modified|date",
    "picture": "photo|photos|image|images|picture|pictured|photograph|photographer|credit|courtesy|getty|reuters|afp|ap|shutterstock"
    "|istock|alamy|unsplash|file photo|via getty|getty images|ap photo|caption|video|screenshot"
    "|illustration|left|right|seen|poses|pictures|photo by|image by|photo credit|image credit|handout|via ap|press association|epa"
    "|wikimedia|pixabay|flickr|pexels|image source|stock photo|file picture",
    "said": "said|says|told|added|according to|asked|explained|announced|reported|wrote|noted|argued|claimed|warned|he|she|they"
    "|statement|spokesman|spokesperson|spokeswoman",
    "you": "you|your|yours|you're|you'll|yourself",
    "we": "we|our|us|ours",
    "i": "i|me|my|i'm|i've|mine",
}
KINDS = tuple(CUES)
_BITS = 18


def pairs(page: Page) -> Hashes:
    """A hash of each word and the next in its line; that of a line's last word is of the word alone."""
    follows = np.zeros(len(page.word_hash), dtype=np.uint64)
    follows[:-1] = np.where(page.word_line[1:] == page.word_line[:-1], page.word_hash[1:], np.uint64(0))
    return pair_hash(page.word_hash, follows)


def pair_hash(first: Hashes, second: Hashes) -> Hashes:
    """Of two words that follow each other."""
    mixed = first * np.uint64(0xD6E8FEB86659FD93) + second
    return (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)


@cache
def table() -> Table:
    """The cues by their hash, and the number of the kind of each; a word may be a cue of one kind only, the last one that names it."""
    kind = {}
    for number, cues in enumerate(CUES.values()):
        for cue in cues.split("|"):
            words = read(cue).word_hash
            kind[int(words[0] if len(words) == 1 else pair_hash(words[:1], words[1:2])[0])] = number
    return packed(kind)


@cache
def function_words() -> Table:
    """The function words of all languages, by their hash, and the number of their language."""
    found = {int(word): number for number, words in enumerate(FUNCTION_WORDS.values()) for word in read(words).word_hash}
    return packed(found)


def packed(values: dict[int, int]) -> Table:
    """A table that a hash's first bits lead into; where two meet, the later stays."""
    keys, numbers = np.zeros(1 << _BITS, dtype=np.uint64), np.zeros(1 << _BITS, dtype=np.int8)
    for key, number in values.items():
        keys[key >> (64 - _BITS)], numbers[key >> (64 - _BITS)] = key, number
    return keys, numbers


def look_up(hashes: Hashes, packed: Table) -> Ints:
    """For each hash, the number that a table has for it, -1 where it has none."""
    keys, numbers = packed
    at = hashes >> np.uint64(64 - _BITS)
    return np.where(keys[at] == hashes, numbers[at], -1).astype(np.int64)
