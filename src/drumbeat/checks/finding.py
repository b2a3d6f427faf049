"""What a check says, and the table of checks."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in the data.

    `path` is relative to the repository; `line` and `row` count from 1 and 0; `start` and `end` are code points of the document's text.
    """

    code: str
    message: str
    path: str
    line: int | None = None
    row: int | None = None
    document_id: str | None = None
    layer: str | None = None
    id: str | None = None
    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        """`path:line: CODE message`, as editors and terminals link it."""
        place = self.path + (f":{self.line}" if self.line is not None else "")
        row = f" row {self.row}:" if self.row is not None else ""
        record = " ".join(part for part in (self.layer, self.id) if part)
        record = f" {record}:" if record else ""
        span = f" {self.start}..{self.end}:" if self.start is not None else ""
        return f"{place}: {self.code}{row}{record}{span} {self.message}"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with a stable code; `rule` is its documentation, `fix` says what to do about a finding."""

    code: str
    level: int
    rule: str
    fix: str


CHECKS: dict[str, Check] = {}

LEVELS = {
    1: "form: every record against its schema",
    2: "offsets, ids, references",
    3: "the guidelines of each layer, on gold",
    4: "across documents",
    5: "the built corpus",
}

F = TypeVar("F", bound=Callable[..., object])


def check(*codes: str, fix: str) -> Callable[[F], F]:
    """Enter a function into the table of checks; its docstring is the rule.

    The level is the first digit of the code.
    """

    def enter(function: F) -> F:
        for code in codes:
            if code in CHECKS:
                raise ValueError(f"check code {code} is taken")
            rule = " ".join((function.__doc__ or "").split())
            CHECKS[code] = Check(code, int(code[1]), rule, fix)
        return function

    return enter


def as_text(findings: Iterable[Finding]) -> str:
    """One line a finding, with what to do."""
    return "".join(f"{finding}; {CHECKS[finding.code].fix}\n" for finding in findings)


def as_json(findings: Iterable[Finding]) -> str:
    """A JSON array of objects."""
    return json.dumps([asdict(finding) | {"fix": CHECKS[finding.code].fix} for finding in findings], ensure_ascii=False, indent=1) + "\n"


def as_github(findings: Iterable[Finding]) -> str:
    """Workflow commands, that GitHub shows beside the changed lines."""

    def escaped(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def line(finding: Finding) -> str:
        place = f"file={escaped(finding.path).replace(',', '%2C').replace(':', '%3A')}" + (f",line={finding.line}" if finding.line else "")
        return f"::error {place},title={finding.code}::{escaped(str(finding))}; {escaped(CHECKS[finding.code].fix)}\n"

    return "".join(map(line, findings))
