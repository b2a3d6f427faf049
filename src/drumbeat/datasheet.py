"""DATASHEET.md as questions and answers.

A question is a heading such as `### P1. Was the data preprocessed?`; its answer goes on to the next heading.  A paragraph that opens
with a bold lead, `**Annotation.** …`, begins a part of the answer, `P1 Annotation`, that goes on to the next lead.
"""

import re

_QUESTION = re.compile(r"^### ([A-Z][0-9]+)\. .*\n((?:(?!#{1,3} ).*\n?)*)", re.MULTILINE)
_LEAD = re.compile(r"^\*\*([^*]+)\.\*\* *", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_WRAP = re.compile(r"(?<=\S)\n *(?!- |\|)(?=\S)")


def answers(datasheet: str) -> dict[str, str]:
    """The answers by question (`P1`) and by part (`P1 Annotation`), as Markdown; empty ones are left out.

    Each paragraph and list item is one line.  The lead of a part is not in its text.
    """
    found: dict[str, str] = {}
    for question, answer in _QUESTION.findall(datasheet):
        flowing = _WRAP.sub(" ", _COMMENT.sub("", answer)).strip()
        leads = list(_LEAD.finditer(flowing))
        ends = [*(lead.start() for lead in leads), len(flowing)][1:]
        parts = {f"{question} {lead[1]}": flowing[lead.end() : end].strip() for lead, end in zip(leads, ends, strict=True)}
        found |= {name: text for name, text in ({question: flowing} | parts).items() if text}
    return found
