"""What happens in the demo month: the bug, a fork, a compaction, subagents, the client's meter."""

import datetime
import os
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import orjson

TODAY = datetime.date(2026, 11, 24)


def pinned(month):
    """Return the responses in runs of three or more that write all behind one and the same read."""
    found = {}
    for thread in month.threads().values():
        steps = [
            (one, two)
            for one, two in pairwise(thread)
            if two.vector[2] < 0.5 * (one.vector[2] + one.vector[4])
        ]
        same = [b for (_, a), (_, b) in pairwise(steps) if a.vector[2] == b.vector[2]]
        if len(same) >= 2:
            found.update({seen.line["message"]["id"]: seen for _, seen in steps})
    return found.values()


def test_the_bug_is_a_pinned_read_on_one_version_within_the_last_week(month):
    hit = list(pinned(month))
    assert {seen.line["version"] for seen in hit} == {"2.1.326"}
    assert len({seen.line["sessionId"] for seen in hit}) >= 3
    first = min(seen.line["timestamp"][:10] for seen in hit)
    assert TODAY - datetime.date.fromisoformat(first) <= datetime.timedelta(6)
    excess = sum(seen.vector[4] * (8 - 0.2) / 1e6 for seen in hit)
    assert 40 <= excess <= 80


def test_the_main_thread_writes_for_an_hour_and_subagents_for_five_minutes(month):
    written = Counter()
    for seen in month.responses.values():
        written[seen.line["isSidechain"], "5m"] += seen.vector[3]
        written[seen.line["isSidechain"], "1h"] += seen.vector[4]
        if "haiku" in seen.line["message"]["model"]:  # above, it has a dearer tier
            assert sum(seen.vector) <= 100_000
    assert written[False, "5m"] == written[True, "1h"] == 0
    assert written[True, "5m"] > 0 < written[False, "1h"]


def test_subagents_have_their_own_files_with_a_description(month):
    agents = [path for path in month.files if "subagents" in path.parts]
    assert len(agents) > 50
    for path in agents:
        meta = orjson.loads(path.with_suffix("").with_suffix(".meta.json").read_bytes())
        assert meta["agentType"] in ("Explore", "general-purpose")
        assert os.path.exists(path.parents[1].with_suffix(".jsonl"))


def test_one_forked_session_repeats_the_lines_of_another(month):
    pairs = {frozenset(paths) for paths in month.homes.values() if len(paths) > 1}
    assert len(pairs) == 1
    copied = [line for line in month.of_type("assistant") if "requestSessionId" in line]
    assert len({line["requestSessionId"] for line in copied}) == 1
    assert copied[0]["requestSessionId"] != copied[0]["sessionId"]
    sessions = {Path(path).stem for path in next(iter(pairs))}
    assert sessions == {copied[0]["requestSessionId"], copied[0]["sessionId"]}


def test_one_compaction_shrinks_the_prompt(month):
    [boundary] = [line for line in month.of_type("system")]
    assert boundary["subtype"] == "compact_boundary"
    sizes = boundary["compactMetadata"]
    assert sizes["postTokens"] < sizes["preTokens"] / 5
    assert sum("isCompactSummary" in line for line in month.of_type("user")) == 1
    path = next(path for path, line in month.lines if line is boundary)
    thread = month.threads()[path]
    later = next(s for s in thread if s.line["timestamp"] > boundary["timestamp"])
    assert later.vector[2] < sizes["postTokens"] < later.vector[2] + later.vector[4]


def test_the_gateway_has_no_request_id_and_changes_its_mind_about_the_input(month):
    inputs = defaultdict(set)
    for line in month.of_type("assistant"):
        if line["message"]["model"] == "glm-5.1":
            assert "requestId" not in line
            inputs[line["message"]["id"]].add(line["message"]["usage"]["input_tokens"])
    assert all(len(seen) == 2 for seen in inputs.values())


def test_only_the_last_line_of_a_subagents_response_has_the_final_output(month):
    drafts = Counter()
    for line in month.of_type("assistant"):
        if line["message"].get("stop_reason") is None and "requestId" in line:
            drafts[line["isSidechain"]] += line["message"]["usage"]["output_tokens"] == 2
    assert drafts[True] > 100
    assert drafts[False] == 4  # two lines of each of the two aborted responses


def test_a_few_responses_never_end_and_a_few_search_the_web(month):
    unfinished = [seen for seen in month.responses.values() if not seen.final]
    assert 5 <= len(unfinished) <= 90
    assert sum("isAbortedMidStream" in seen.line for seen in unfinished) == 2
    assert 5 <= sum(seen.searches > 0 for seen in month.responses.values()) <= 60


def test_every_session_ends_with_the_clients_meter_a_little_above_its_lines(month):
    lines = Counter()
    for seen in month.responses.values():
        lines[seen.line["sessionId"]] += seen.usd
    states = {line["sessionId"]: line for line in month.of_type("cost-state")}
    assert set(states) == set(lines)
    fork = next(s["sessionId"] for s in month.of_type("assistant") if "requestSessionId" in s)
    known = [s for s in states if s != fork and not states[s]["hasUnknownModelCost"]]
    ratios = [states[s]["totalCostUSD"] / lines[s] for s in known]
    assert all(1 < ratio < 1.25 for ratio in ratios)
    assert (
        1.01 < sum(states[s]["totalCostUSD"] for s in known) / sum(lines[s] for s in known) < 1.08
    )
