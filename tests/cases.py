"""Case files: what a suggester makes of a short text, one construction a case.

`tests/cases/<layer>.json` is a list of cases.  `original` is the text, made up for the case; `expected` is all that must be suggested,
`must not` what may not be, both in the words that the layer's test explains; `comment` names the construction.  A `known failure` is
strict: the suite fails when it begins to pass, so that the case is then turned into an ordinary one.
"""

import json
from pathlib import Path
from typing import Any

import pytest

Case = dict[str, Any]
_KEYS = {"comment", "original", "expected", "must not", "known failure"}


def cases(layer: str) -> list[Any]:
    """The cases of a layer, for `pytest.mark.parametrize`; each is called by its comment."""
    found: list[Case] = json.loads((Path(__file__).parent / "cases" / f"{layer}.json").read_text(encoding="utf-8"))
    assert found, f"no cases of {layer}"
    for case in found:
        assert case.keys() <= _KEYS and {"comment", "original", "expected"} <= case.keys(), case
        assert case["expected"] or case.get("must not"), f"{case['comment']}: says nothing"
    strict = pytest.mark.xfail(strict=True, raises=AssertionError, reason="known failure")
    return [pytest.param(case, id=case["comment"], marks=[strict] if case.get("known failure") else []) for case in found]
