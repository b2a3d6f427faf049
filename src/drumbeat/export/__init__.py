"""Other tools' formats, from the gold: one small module a format, with pure `to_*` functions, and `files`, which writes.

What each format carries is declared in `carried`, and measured by the tests.
"""
