"""The corpora that are measured, built once into the cache; and the cost of reading their bytes."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

_SCRIPT = Path(__file__).resolve().parent / "corpus.py"


def default_cache() -> Path:
    """Return a folder of the user's cache; no other folder of his is looked at."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ccmeter-benchmarks"


def build(folder: Path, *options: str) -> Path:
    """Return a corpus of that kind, built now unless it stands there as it was built."""
    corpus = folder / "-".join(option.lstrip("-") for option in options)
    made = corpus / "truth.json"
    if made.exists() and not json.loads(made.read_text("utf-8"))["appended"]:
        return corpus
    shutil.rmtree(corpus, ignore_errors=True)  # unfinished, or lines were appended to it
    folder.mkdir(parents=True, exist_ok=True)
    _call(*options, "--out", str(corpus))
    return corpus


def append(corpus: Path, megabytes: float) -> None:
    """Append new lines to a corpus."""
    _call("--append-mb", str(megabytes), "--out", str(corpus))


def _call(*arguments: str) -> None:
    subprocess.run([sys.executable, _SCRIPT, *arguments], check=True, stdout=subprocess.DEVNULL)


def count(corpus: Path, what: str) -> int:
    """Return a count of its truth: bytes, files, lines, responses."""
    number: int = json.loads((corpus / "truth.json").read_text("utf-8"))[what]
    return number


def read_seconds(corpus: Path) -> float:
    """Read every byte once, which also brings it into the page cache; return the seconds."""
    buffer = memoryview(bytearray(1 << 20))
    start = time.perf_counter()
    for path in (corpus / "projects").rglob("*.jsonl"):
        with open(path, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
    return time.perf_counter() - start
