"""The corpora that are measured, built once into the cache; and the cost of reading their bytes."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

_STAMP = re.compile(rb'"timestamp":"([0-9T:.-]+)Z"')
_TAIL = 1 << 16
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


@contextmanager
def cleaned_up(corpus: Path, days: int) -> Iterator[None]:
    """Put the transcripts aside that Claude Code would have deleted after so many days."""
    projects, aside = corpus / "projects", corpus / "deleted"
    ends = {path: _end(path) for path in projects.glob("*/*.jsonl")}
    since = max(ends.values(), default=0.0) - days * 86_400
    old = [path for path, end in ends.items() if end < since]
    old += [path.with_suffix("") for path in old if path.with_suffix("").is_dir()]  # the agents
    moves = [(path, aside / path.relative_to(projects)) for path in old]
    try:
        for source, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
        yield
    finally:
        for source, target in moves:
            if target.exists():
                target.rename(source)


def _end(path: Path) -> float:
    """When the last line of a transcript was written, in seconds since 1970."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        stamps = _STAMP.findall(file.read())
    return datetime.fromisoformat(f"{stamps[-1].decode()}+00:00").timestamp() if stamps else 0.0


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
