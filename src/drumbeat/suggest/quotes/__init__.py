"""Quotations suggested by rules on the shared parse: content, cue, source, type, speaker; and the marks that report nobody.

- line, tree: a line of the page, its words and its stretches between marks
- lexicon, cues: the words that report; sources: who their subject is
- direct: words in marks and the cues of their line
- indirect: clauses without marks (clauses)
- turns: lines with a label, in transcripts and headlines
- uncued: captions, colons, the speaker who goes on, fragments
- nested: reports inside what is quoted
- nonquotes: titles, terms, scare quotes
- names: whose name a source stands for
- records: records that keep the corpus' rules
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from drumbeat.marks import Interval, find_marks
from drumbeat.model import Mention, Nonquote, Quote, Region, Span
from drumbeat.suggest.parse import Parsed
from drumbeat.suggest.quotes.lexicon import REPORTING_LABELS
from drumbeat.suggest.quotes.line import Draft, Report
from drumbeat.suggest.quotes.names import NOT_NAMED, PRONOUNS, Resolved, Roster, page_names
from drumbeat.suggest.quotes.nonquotes import in_content, left_over
from drumbeat.suggest.quotes.page import drafts
from drumbeat.suggest.quotes.records import Accounts, Entry, entries, quote
from drumbeat.suggest.quotes.tree import read_tree

__all__ = ["Attribution", "Suggested", "suggest", "suggest_nonquotes", "suggest_quotes"]


@dataclass(frozen=True, slots=True)
class Attribution:
    """A suggested quotation.

    `speaker` is the phrase on the page that stands for the speaker: the quotation's source, or where it has none that of the
    quotation that it goes on from.  `reason` says why `quote.speaker_name` was left empty, and is empty where it was not.
    """

    quote: Quote
    speaker: Span | None
    reason: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """What is suggested for the quotation marks and reports of a page."""

    quotes: tuple[Attribution, ...]
    nonquotes: tuple[Nonquote, ...]


def suggest(parsed: Parsed, mentions: Sequence[Mention] = (), regions: Sequence[Region] = ()) -> Suggested:
    """Quotations and nonquotes of a page.

    `mentions` are its names, with the entities that they are linked to; without them the parse's names serve, and no `speaker` is
    given.  `regions` tell headlines from text; without them short lines that end without a stop are taken for headlines.
    """
    text = parsed.text
    marks = find_marks(text)
    trees = [tree for line in parsed.lines if len(tree := read_tree(line))]
    lines = drafts(text, trees, marks, regions)
    roster = Roster(text, page_names(text, trees, mentions))
    found = entries(text, (report for line in lines for report in line.reports))
    accounts = Accounts(text, marks)
    inner = in_content(lines)
    outside = left_over(text, lines, accounts, [*(span for entry in found for span in entry.content), *((n.start, n.end) for n in inner)])
    nonquotes = tuple(
        Nonquote(f"n{number:03d}", item.start, item.end, item.reason, item.confidence)
        for number, item in enumerate(sorted([*inner, *outside], key=lambda item: (item.start, item.end)), 1)
    )
    return Suggested(_attributions(lines, found, accounts, roster, [(item.start, item.end) for item in nonquotes]), nonquotes)


def suggest_quotes(parsed: Parsed, mentions: Sequence[Mention] = (), regions: Sequence[Region] = ()) -> tuple[Attribution, ...]:
    """The quotations of a page, in text order (`suggest`)."""
    return suggest(parsed, mentions, regions).quotes


def suggest_nonquotes(parsed: Parsed, mentions: Sequence[Mention] = (), regions: Sequence[Region] = ()) -> tuple[Nonquote, ...]:
    """The marks of a page that report nobody, in text order (`suggest`)."""
    return suggest(parsed, mentions, regions).nonquotes


def _attributions(
    lines: Sequence[Draft], found: Sequence[Entry], accounts: Accounts, roster: Roster, nonquotes: Sequence[Interval]
) -> tuple[Attribution, ...]:
    starts = [line.start for line in lines]
    ids = {id(entry): f"q{number:03d}" for number, entry in enumerate(found, 1)}
    result: list[Attribution] = []
    for entry in found:
        report = entry.report
        who = _who(report, starts, roster, result[-1] if result else None)
        record = quote(
            entry,
            ids[id(entry)],
            accounts.type_of(entry, nonquotes),
            (who.entity if who.name else None, who.name),
            ids[id(entry.within)] if entry.within is not None else None,
        )
        result.append(Attribution(record, Span(*report.speaker) if report.speaker else None, who.reason))
    return tuple(result)


def _who(report: Report, starts: Sequence[int], roster: Roster, before: Attribution | None) -> Resolved:
    """The speaker's name.  A pronoun with nobody near is whom the same pronoun was in the quotation before, up to a line above."""
    if report.speaker is None:
        unknown = report.rule in {"alone", "fragment"}
        return Resolved(None, None, "the page does not say here who speaks" if unknown else "nobody is named as the source")
    line = max(0, bisect_right(starts, report.speaker[0]) - 1)
    above = starts[max(0, line - 1)]
    who = roster.resolve(report.speaker, above, report.content, before.quote.speaker_name if before else None, report.antecedent)
    if who.name is None and report.proper is not None and report.source == report.speaker and who.reason == NOT_NAMED:
        return roster.known(roster.text[slice(*report.proper)])
    named = roster.text[slice(*report.speaker)]
    if who.name is None and report.rule in {"label", "caption"} and named.split()[-1].lower() not in REPORTING_LABELS:
        return Resolved(named)
    if who.name is None and before is not None and before.speaker is not None and before.quote.speaker_name is not None:
        same = roster.words(report.speaker) == roster.words((before.speaker.start, before.speaker.end))
        if same and roster.words(report.speaker) in PRONOUNS and before.speaker.start >= above and "no person" in who.reason:
            return Resolved(before.quote.speaker_name, before.quote.speaker)
        if before.speaker == Span(*report.speaker):
            return Resolved(before.quote.speaker_name, before.quote.speaker)
    return who
