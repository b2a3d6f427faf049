"""How well the share of frequent words tells English pages from others: `python -m benchmarks.language PAGES.jsonl.gz…`.

The files are the development sets of boilerplate removal, whose pages say their language (`lang`).
"""

import argparse
from pathlib import Path

from drumbeat.jsonl import stream_jsonl
from drumbeat.suggest.language import english_share, is_english


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    for path in parser.parse_args().pages:
        pages = [row for _, row in stream_jsonl(path)]
        english = [row for row in pages if row["lang"] == "en"]
        others = [row for row in pages if row["lang"] != "en"]
        missed = [row["id"] for row in english if not is_english(row["text"])]
        taken = [f"{row['id']} ({row['lang']})" for row in others if is_english(row["text"])]
        least, most = (f(filter(None, map(english_share, (row["text"] for row in rows)))) for f, rows in ((min, english), (max, others)))
        print(f"{path.name}: {len(missed)} of {len(english)} English pages taken for others {missed}, {len(taken)} of {len(others)} others")
        print(f"  taken for English {taken}; least share in English {least:.3f}, most elsewhere {most:.3f}")


if __name__ == "__main__":
    main()
