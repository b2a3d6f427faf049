"""All suggesters beside their peers, in one run: `python -m benchmarks.suggest --bench FOLDER`.

FOLDER holds the development sets, `boilerplate/` and `spans/`.  Regions are measured across sites by their training, then for speed
beside other tools; quotations and names beside theirs.  Peers that are not installed are named and left out: pip install 'drumbeat[peers]'.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from drumbeat.jsonl import stream_jsonl
from drumbeat.suggest.page import suggest, suggester


def everything(pages: Path) -> None:
    """Words a CPU second of all layers together, with the small spaCy model, the shared parse included."""
    by = suggester(model="en_core_web_sm")
    texts = [row["text"] for _, row in stream_jsonl(pages)][:200]
    suggest(texts[0], by, "1970-01-01")
    before = time.process_time()
    for text in texts:
        suggest(text, by, "1970-01-01")
    print(f"{sum(len(text.split()) for text in texts) / (time.process_time() - before):,.0f} words a CPU second")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    bench = parser.parse_args().bench
    parts = (
        ("regions, across sites", ["drumbeat.suggest.regions.training", bench / "boilerplate", "--dry-run"]),
        ("regions, beside other tools", ["benchmarks.regions", "--bench", bench / "boilerplate"]),
        ("quotations", ["benchmarks.quotes", "--bench", bench / "spans"]),
        ("names", ["benchmarks.entities", "--bench", bench / "spans"]),
    )
    failed = 0
    for title, command in parts:
        print(f"\n== {title}", flush=True)
        failed += subprocess.run([sys.executable, "-W", "ignore", "-m", *map(str, command)], check=False).returncode != 0
    print("\n== everything", flush=True)
    everything(bench / "spans" / "quotes_dev.jsonl.gz")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
