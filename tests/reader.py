"""What a user's process does with a Hub: it is told line by line what to load, and answers with what it got.

A script of its own, because `datasets` and huggingface_hub read their environment once, and so that nothing is cached between tests.
"""

import json
import os
import sys
from typing import Any
from unittest.mock import patch


def load(path: str, config: str | None = None, revision: str | None = None, **options: Any) -> dict[str, Any]:
    """The rows of a config's only split, with its features and its version."""
    from datasets import load_dataset

    loaded = load_dataset(path, config, revision=revision, **options)
    (split,) = loaded
    version = loaded[split].info.version
    return {"split": split, "rows": list(loaded[split]), "features": loaded[split].features.to_dict(), "version": version and str(version)}


def snapshot(path: str, revision: str, config: str) -> dict[str, Any]:
    """The same from a folder that was downloaded whole."""
    from huggingface_hub import snapshot_download

    return load(snapshot_download(path, repo_type="dataset", revision=revision), config)


def main() -> None:
    import datasets

    datasets.disable_progress_bars()
    for line in sys.stdin:
        job = json.loads(line)
        try:
            with patch("time.sleep"):
                answer = (snapshot if job.pop("do") == "snapshot" else load)(**job)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, default=str), flush=True)
    os._exit(0)  # reader threads of streaming can abort a process that is already done and leaving


if __name__ == "__main__":
    main()
