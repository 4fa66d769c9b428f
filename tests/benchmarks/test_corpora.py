"""Corpora as the client would leave them, and back."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import corpora


def files(corpus: Path) -> set[Path]:
    return set((corpus / "projects").rglob("*.jsonl"))


def last(path: Path) -> datetime:
    times = [json.loads(line).get("timestamp") for line in path.read_text().splitlines()]
    return datetime.fromisoformat([time for time in times if time][-1])


def test_old_transcripts_are_put_aside_with_their_agents_and_come_back(tmp_path: Path) -> None:
    corpus = corpora.build(tmp_path, "--responses", "600", "--days", "90")
    before = files(corpus)
    ends = {path: last(path) for path in before if path.parent.parent.name == "projects"}
    cut = max(ends.values()) - timedelta(days=30)
    kept = {path.stem for path, end in ends.items() if end >= cut}
    assert 0 < len(kept) < len(ends)

    with corpora.cleaned_up(corpus, 30):
        left = files(corpus)
        assert {path.stem for path in left & ends.keys()} == kept
        assert {path.parent.parent.name for path in left - ends.keys()} <= kept
    assert files(corpus) == before
