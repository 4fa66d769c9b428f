"""The benchmark corpus against its own truth, read by the plainest reader one can write."""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "corpus.py"


def corpus(out, *options, seed=3):
    command = [sys.executable, str(SCRIPT), "--out", str(out), "--seed", str(seed), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Read:
    """Everything that the tests want to know about a corpus, one plain pass over its files."""

    def __init__(self, root: Path) -> None:
        self.truth = json.loads((root / "truth.json").read_text())
        self.counts, self.bytes, self.versions = Counter(), Counter(), Counter()
        self.first_keys, self.usage_in = Counter(), Counter()
        self.homes, self.best, self.inputs = defaultdict(set), {}, defaultdict(set)
        self.identities = defaultdict(set)
        for number, path in enumerate(sorted((root / "projects").rglob("*.jsonl"))):
            self.counts["files"] += 1
            for offset, line in enumerate(path.read_bytes().splitlines(keepends=True)):
                self._line(line, path, (number, offset))
        self.counts["responses"] = len(self.best)
        self.counts["unfinished"] = sum(not rank[0] for rank, _ in self.best.values())
        self.copied = sum(len(homes) > 1 for homes in self.homes.values())

    def _line(self, line, path, place):
        entry = json.loads(line)
        kind = entry["type"]
        self.counts.update(lines=1, bytes=len(line))
        self.bytes[kind] += len(line)
        self.usage_in[kind] += b'"usage":{' in line
        if kind == "assistant":
            self.counts.update(assistant_lines=1, assistant_bytes=len(line))
            self.versions[entry["version"]] += 1
            self.first_keys[entry["version"], next(iter(entry))] += 1
            self._response(entry["message"], path, place)
            self.identities[entry["uuid"]].add((entry.get("requestId"), entry["timestamp"]))

    def _response(self, message, path, place):
        if message["model"] == "<synthetic>":
            self.counts["synthetic"] += 1
            return
        self.homes[message["id"]].add(path)
        self.inputs[message["id"]].add(message["usage"]["input_tokens"])
        final = message["stop_reason"] is not None
        rank = (final, message["usage"]["output_tokens"], place)
        if message["id"] not in self.best or rank > self.best[message["id"]][0]:
            self.best[message["id"]] = (rank, message)

    def models(self):
        rows = defaultdict(Counter)
        for _, message in self.best.values():
            usage = message["usage"]
            split = usage.get("cache_creation", {})
            hour = split.get("ephemeral_1h_input_tokens", 0)
            rows[message["model"]].update(
                responses=1,
                input_tokens=usage["input_tokens"],
                output_tokens=usage["output_tokens"],
                cache_read_tokens=usage.get("cache_read_input_tokens", 0),
                cache_write_5m_tokens=usage.get("cache_creation_input_tokens", 0) - hour,
                cache_write_1h_tokens=hour,
                web_searches=usage.get("server_tool_use", {}).get("web_search_requests", 0),
            )
        return {model: dict(row) for model, row in rows.items()}

    def check(self):
        assert self.models() == self.truth["models"]
        counted = {key: self.counts[key] for key in self.truth if key in self.counts}
        assert counted == {key: self.truth[key] for key in counted}
        assert {"files", "lines", "bytes", "responses", "unfinished"} <= counted.keys()
        assert self.copied == self.truth["copied_ids"]
        assert self.truth["bad_lines"] == 0


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus") / "a"
    assert corpus(root, "--size", "3MB").returncode == 0
    return root


@pytest.fixture(scope="module")
def read(built):
    return Read(built)


def files_of(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*.json*")}


def test_the_truth_is_what_a_plain_reader_finds(read):
    read.check()


def test_the_proportions_are_those_of_real_histories(read):
    gigabytes = read.counts["bytes"] / 1e9
    assert 0.0027 <= gigabytes <= 0.0033
    assert 0.1 <= read.counts["assistant_bytes"] / read.counts["bytes"] <= 0.33
    assert 2.0 <= read.counts["assistant_lines"] / read.counts["responses"] <= 2.45
    assert 85_000 <= read.counts["responses"] / gigabytes <= 125_000
    assert 370_000 <= read.counts["lines"] / gigabytes <= 480_000
    assert 0.005 <= read.copied / read.counts["responses"] <= 0.05
    assert 0.002 <= read.counts["unfinished"] / read.counts["responses"] <= 0.08


def test_a_transcript_was_last_changed_when_its_last_line_was_written(built):
    for path in (built / "projects").rglob("*.jsonl"):
        times = [json.loads(line).get("timestamp") for line in path.read_bytes().splitlines()]
        last = [time for time in times if time][-1]
        assert path.stat().st_mtime == pytest.approx(datetime.fromisoformat(last).timestamp())


def test_most_bytes_are_tool_results_written_twice(read):
    assert 0.5 <= read.bytes["user"] / read.counts["bytes"] <= 0.75


def test_clients_are_mixed_and_keep_their_field_order(read):
    assert set(read.versions) == {"2.1.71", "2.1.143", "2.1.235", "2.1.330"}
    for version, key in read.first_keys:
        assert key == ("type" if version == "2.1.330" else "parentUuid")


def test_every_kind_of_line_that_dilutes_a_history_occurs(read):
    kinds = {"user", "attachment", "progress", "file-history-snapshot", "system", "last-prompt"}
    assert kinds | {"api-request", "api-request-shape"} <= read.bytes.keys()


def test_usage_also_stands_where_it_must_not_be_counted(read):
    assert read.usage_in["progress"] > 0
    assert read.usage_in["user"] > 0


def test_gateways_change_the_input_between_lines_and_claude_does_not(read):
    changing = {read.best[key][1]["model"] for key, seen in read.inputs.items() if len(seen) > 1}
    assert changing <= {"glm-5.1", "MiniMax-M2.7"}
    assert changing
    assert sum(model.startswith("claude-") for model in read.truth["models"]) >= 4


def test_a_response_writes_for_an_hour_or_for_five_minutes_never_both(read):
    written = Counter()
    for _, message in read.best.values():
        split = message["usage"].get("cache_creation", {})
        written[tuple(number > 0 for number in split.values())] += 1
    assert (True, True) not in written
    assert written[True, False] > 0 < written[False, True]


def test_copies_keep_their_uuid_request_and_time(read):
    assert all(len(seen) == 1 for seen in read.identities.values())


def test_api_errors_stand_among_the_answers(read):
    assert read.counts["synthetic"] >= 1


def test_a_copy_in_another_file_may_be_the_only_one_with_the_end(built):
    ends = defaultdict(dict)
    for path in (built / "projects").rglob("*.jsonl"):
        for entry in map(json.loads, path.read_bytes().splitlines()):
            if entry["type"] == "assistant":
                message = entry["message"]
                ends[message["id"]].setdefault(path, set()).add(message["stop_reason"])
    alone = [by_path for by_path in ends.values() if {None} in by_path.values()]
    assert any(len(by_path) > 1 for by_path in alone)


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_processes(built, tmp_path):
    corpus(tmp_path / "same", "--size", "3MB", "--jobs", "1")
    corpus(tmp_path / "other", "--size", "3MB", seed=4)
    assert files_of(tmp_path / "same") == files_of(built)
    common = files_of(tmp_path / "other").keys() & files_of(built).keys()
    assert common == {Path("truth.json")}


def test_appending_leaves_what_was_written_and_keeps_the_truth(tmp_path):
    root = tmp_path / "grown"
    corpus(root, "--size", "1MB")
    before = files_of(root)
    for _ in range(2):
        assert corpus(root, "--append-mb", "0.6").returncode == 0
    after = files_of(root)
    assert after.keys() == before.keys()
    transcripts = [name for name in before if name.suffix == ".jsonl"]
    assert all(after[name].startswith(before[name]) for name in transcripts)
    grown = Read(root)
    grown.check()
    added = grown.counts["bytes"] - sum(len(before[name]) for name in transcripts)
    assert 1_200_000 <= added <= 1_700_000


def test_bare_responses_are_as_many_as_asked_for_and_small(tmp_path):
    corpus(tmp_path / "bare", "--responses", "2000")
    bare = Read(tmp_path / "bare")
    bare.check()
    assert 1_900 <= bare.counts["responses"] <= 2_150
    assert bare.counts["bytes"] / bare.counts["responses"] <= 1_500


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--size", "1MB"), "already"),
        (("--size", "big"), "no size"),
        ((), "required"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(built, options, says):
    done = corpus(built, *options)
    assert done.returncode != 0
    assert says in done.stderr


def test_appending_to_nothing_says_what_to_do(tmp_path):
    done = corpus(tmp_path / "nothing", "--append-mb", "1")
    assert done.returncode == 1
    assert "--size" in done.stderr
