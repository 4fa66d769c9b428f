"""Lines of the spool to percentages, and percentages to windows."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.limits.samples import Sample, Seen, Step, Window, read_line, windows

NOON = 1_795_435_200_000  # 2026-11-23 12:00 UTC
RESET_S = NOON // 1000 + 7200
HOUR = 3_600_000


def read(**parts: Any) -> list[Sample]:
    return read_line(
        json.dumps({"t": NOON, "session": "s", "version": "2.1.330", **parts}).encode()
    )


def shown(used: object, resets: object = RESET_S) -> dict[str, object]:
    return {"used_percentage": used, "resets_at": resets}


def test_a_line_gives_a_sample_for_each_window_it_shows() -> None:
    line = read(config="/home/ada/.claude", five_hour=shown(42), seven_day=shown(61, RESET_S + 9))

    assert line == [
        Sample("/home/ada/.claude", "s", "five_hour", RESET_S * 1000, 4200, NOON),
        Sample("/home/ada/.claude", "s", "seven_day", RESET_S * 1000 + 9000, 6100, NOON),
    ]


def test_what_the_real_client_sends_is_read(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "payloads" / "2.1.330" / "statusline" / "oauth"
    sent = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    found = [
        (s.kind, s.used, s.resets_ms) for each in sent for s in read(**each.get("rate_limits", {}))
    ]

    assert found == [
        ("five_hour", 2750, 1795492719000),
        ("seven_day", 4610, 1795827519000),
        ("five_hour", 2850, 1795492721000),
        ("seven_day", 4620, 1795827521000),
    ]


@pytest.mark.parametrize(
    ("used", "hundredths"),
    [
        (0, 0),
        (28.999999999999996, 2900),
        (100, 10_000),
        (113.5, 11_350),
        ("42", 4200),
        ("7.5", 750),
    ],
)
def test_percentages_are_kept_to_the_hundredth(used: object, hundredths: int) -> None:
    assert [sample.used for sample in read(five_hour=shown(used))] == [hundredths]


@pytest.mark.parametrize(
    "resets", [RESET_S, float(RESET_S), str(RESET_S), RESET_S * 1000, "2026-11-23T14:00:00Z"]
)
def test_a_reset_is_read_in_seconds_milliseconds_and_iso(resets: object) -> None:
    assert [sample.resets_ms for sample in read(five_hour=shown(1, resets))] == [RESET_S * 1000]


@pytest.mark.parametrize(
    "window",
    [
        None, 42, "42", [], {}, True,
        shown(None), shown(True), shown("much"), shown(-1), shown(1001), shown([4]), shown({}),
        shown(1, None), shown(1, 0), shown(1, True), shown(1, "soon"), shown(1, RESET_S + 10**8),
        shown(1, RESET_S - 10**8), {"used_percentage": 3}, {"resets_at": RESET_S},
    ],
)  # fmt: skip
def test_a_window_that_is_none_is_left_out_and_the_others_are_read(window: object) -> None:
    assert [sample.kind for sample in read(five_hour=window, seven_day=shown(3))] == ["seven_day"]


def test_windows_of_names_that_are_not_known_yet_are_kept() -> None:
    found = read(spend_limit=shown(12), seven_day_opus=shown(3), **{"a name / of text": shown(4)})

    assert [sample.kind for sample in found] == ["spend_limit", "seven_day_opus"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}",
        b"[]",
        b"17",
        b"null",
        b'"x"',
        b"{",
        b"\0\0\0",
        b'{"t":',
        b"\xff\xfe{}",
        b"{" * 900,
    ],
)
def test_garbage_has_no_samples(line: bytes) -> None:
    assert read_line(line) == []


@pytest.mark.parametrize("moment", [None, "now", 0, -5, True, 1e300, 10**30, [], 1_600_000_000_000])
def test_a_line_without_a_time_of_this_world_has_no_samples(moment: object) -> None:
    assert read(t=moment, five_hour=shown(3)) == []


def test_a_line_behind_one_that_was_cut_off_is_read() -> None:
    whole = json.dumps({"t": NOON, "five_hour": shown(3)}, separators=(",", ":")).encode()

    for cut in range(len(whole) - 1):
        assert [s.used for s in read_line(whole[:cut] + whole)] == [300], whole[:cut]


def test_what_is_shown_after_the_reset_was_reached_before_it() -> None:
    assert read(t=RESET_S * 1000 + 60_000, five_hour=shown(3))[0].time_ms == RESET_S * 1000


@pytest.mark.parametrize("folder", [None, 3, "", "claude", "~/.claude", "/a\0b"])
def test_a_folder_that_is_no_whole_path_is_not_known(folder: object) -> None:
    assert read(config=folder, five_hour=shown(3))[0].folder == ""


def test_one_folder_has_one_spelling() -> None:
    assert (
        read(config="/home/ada//x/../.claude/", five_hour=shown(3))[0].folder == "/home/ada/.claude"
    )


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_no_bytes_stop_the_reading(before: bytes, behind: bytes) -> None:
    read_line(before)
    read_line(before + b'{"t":1,"five_hour":{"used_percentage":1,"resets_at":' + behind)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(t=json_values, config=json_values, session=json_values, used=json_values, resets=json_values)
def test_no_value_in_no_field_stops_the_reading(
    t: object, config: object, session: object, used: object, resets: object
) -> None:
    window = {"used_percentage": used, "resets_at": resets}
    line = {"t": t, "config": config, "session": session, "five_hour": window}

    for sample in read_line(json.dumps(line).encode()):
        assert 0 <= sample.used <= 100_000
        assert sample.time_ms <= sample.resets_ms


def seen(used: int, first: int, last: int = 0, resets: int = NOON, **changes: Any) -> Seen:
    base = Seen("/c", "five_hour", resets, used, NOON - HOUR + first, NOON - HOUR + (last or first))
    return base._replace(**changes)


def step(used: int, first: int, last: int = 0) -> Step:
    return Step(used, NOON - HOUR + first, NOON - HOUR + (last or first))


def test_a_window_is_its_maxima_in_the_order_of_time() -> None:
    found = windows(
        [seen(300, 20), seen(100, 5, 6), seen(200, 30), seen(400, 40, 90), seen(400, 60)]
    )

    assert found == [Window("five_hour", NOON, (step(100, 5, 6), step(300, 20), step(400, 40, 90)))]
    assert found[0].start_ms == NOON - 5 * HOUR
    assert found[0].last.used == 400


def test_one_reset_told_a_second_apart_or_in_two_folders_is_one_window() -> None:
    found = windows([seen(100, 1), seen(200, 2, resets=NOON + 1000), seen(300, 3, folder="/d")])

    assert [[each.used for each in window.steps] for window in found] == [[100, 200, 300]]


def test_other_kinds_and_other_resets_are_other_windows() -> None:
    rest = [
        seen(1, 1, resets=NOON + 5 * HOUR),
        seen(7, 1, kind="seven_day"),
        seen(9, 2, kind="spend"),
    ]
    found = windows([seen(100, 1), *rest])

    assert [(window.kind, window.last.used) for window in found] == [
        ("five_hour", 100), ("five_hour", 1), ("seven_day", 7), ("spend", 9),
    ]  # fmt: skip
    assert found[2].start_ms == NOON - 7 * 24 * HOUR
    assert found[3].start_ms is None


def test_nothing_seen_is_no_window() -> None:
    assert windows([]) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), min_size=1), st.randoms())
def test_a_window_does_not_depend_on_the_order_of_its_sights(
    sights: list[tuple[int, int]], shuffle: Any
) -> None:
    found = [seen(used, time) for used, time in sights]
    shuffled = list(found)
    shuffle.shuffle(shuffled)
    (window,) = windows(found)

    assert windows(shuffled) == [window]
    assert all(a.used < b.used and a.first_ms < b.first_ms for a, b in pairwise(window.steps))
    assert window.last.used == max(used for used, _ in sights)
