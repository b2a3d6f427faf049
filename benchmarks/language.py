"""How well the share of frequent words tells English pages from others: `python -m benchmarks.language PAGES.jsonl.gz…`.

The files are development sets; pages that do not say their language (`lang`) are English.
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
        english = [row for row in pages if row.get("lang", "en") == "en"]
        others = [row for row in pages if row.get("lang", "en") != "en"]
        missed = [row["id"] for row in english if not is_english(row["text"])]
        taken = [f"{row['id']} ({row['lang']})" for row in others if is_english(row["text"])]
        shares = [[share for row in rows if (share := english_share(row["text"])) is not None] for rows in (english, others)]
        least, most = min(shares[0]), max(shares[1], default=0)
        print(f"{path.name}: {len(missed)} of {len(english)} English pages taken for others {missed}, {len(taken)} of {len(others)} others")
        print(f"  taken for English {taken}; least share in English {least:.3f}, most elsewhere {most:.3f}")


if __name__ == "__main__":
    main()
