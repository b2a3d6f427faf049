"""All suggesters beside their peers, in one run: `python -m benchmarks.suggest --bench FOLDER`.

FOLDER holds the development sets, `boilerplate/` and `spans/`.  Regions are measured across sites by their training, then for speed
beside other tools; quotations and names beside theirs.  Peers that are not installed are named and left out: pip install 'drumbeat[peers]'.
"""

import argparse
import subprocess
import sys
from pathlib import Path


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
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
