"""Judging a new request looks nothing up by going through a whole table."""

from histories import Place, compaction, fingerprint, healthy, lost

LARGE = ("responses", "owners", "marks", "cost_states", "api_requests", "audit_tallies",
         "audit_rebuilds", "audit_raised", "audit_threads")  # fmt: skip
MAIN = "-w-garden/s1.jsonl"


def test_no_table_that_grows_is_scanned_for_a_new_request(place: Place) -> None:
    start = healthy(9)
    start[8] |= {"requestRef": "r1"}
    place.take_in([*start, fingerprint("r1", 159, None, ["ab" * 6])])
    place.append(MAIN, [compaction(170), fingerprint("r2", 179, "r1", [], keep=1)])
    place.append(MAIN, [lost("msg_0x", 180, 90_000) | {"requestRef": "r2"}])
    place.sync()
    said: list[str] = []
    place.connection.set_trace_callback(said.append)
    judged = place.judge()
    place.connection.set_trace_callback(None)

    assert 1 < judged.requests <= 6
    plans = [
        (step[3], query)
        for query in {text for text in said if text.lstrip("- \n").split()}
        if not query.startswith(("begin", "commit", "--", "pragma")) or "\n" in query
        for step in place.connection.execute(f"explain query plan {query}")
    ]
    assert len(plans) > 20
    scans = {f"SCAN {name}" for name in LARGE}
    assert [step for step, _ in plans if " ".join(step.split()[:2]) in scans] == []
    assert [step for step, _ in plans if "PRIMARY KEY (open>" in step] == []
