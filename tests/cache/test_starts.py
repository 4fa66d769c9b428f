"""Cold starts that grew with a client version, and lines that tell of one request."""

from ccmeter.cache.starts import ColdStart, cold_start_alerts, line_alert


def starts(version: str, *sizes: int, project: str = "/w/garden") -> list[ColdStart]:
    return [
        ColdStart(
            project, "claude-opus-4-6", version, f"{version}-{n}", 1_795_000_000_000 + n, size
        )
        for n, size in enumerate(sizes)
    ]


BEFORE = starts("2.1.98", 48_000, 49_726, 49_000, 50_000, 90_000)


def test_a_version_that_starts_larger_is_told() -> None:
    after = starts("2.1.100", 69_000, 70_000, 71_000, 5_000, 80_000)
    (alert,) = cold_start_alerts(BEFORE + after)

    assert (alert.rule, alert.level, alert.tokens, alert.version) == (
        "R9",
        "info",
        20_274,
        "2.1.100",
    )
    assert "70,000" in alert.message
    assert "49,726" in alert.message


def test_a_step_of_just_enough_is_told() -> None:
    before = starts("2.1.98", *[40_000] * 5)

    assert len(cold_start_alerts(before + starts("2.1.100", *[50_000] * 5))) == 1
    assert cold_start_alerts(before + starts("2.1.100", *[49_999] * 5)) == []


def test_small_steps_few_sessions_and_smaller_starts_are_silent() -> None:
    assert cold_start_alerts(BEFORE + starts("2.1.100", *[59_000] * 5)) == []  # below 10,000
    tall = starts("2.1.98", *[100_000] * 5) + starts("2.1.100", *[124_000] * 5)
    assert cold_start_alerts(tall) == []  # 24 %
    assert cold_start_alerts(BEFORE + starts("2.1.100", *[70_000] * 4)) == []
    assert cold_start_alerts(BEFORE + starts("2.1.97", *[70_000] * 5)) == []


def test_other_projects_and_unknown_versions_are_not_compared() -> None:
    elsewhere = starts("2.1.100", *[70_000] * 5, project="/w/kitchen")

    assert cold_start_alerts(BEFORE + elsewhere) == []
    assert cold_start_alerts(BEFORE + starts("", *[70_000] * 5)) == []


def test_versions_in_between_with_few_sessions_are_skipped() -> None:
    between = starts("2.1.99", 49_000)
    after = starts("2.1.100", *[70_000] * 5)

    assert len(cold_start_alerts(BEFORE + between + after)) == 1


def test_one_session_that_starts_often_is_one_session() -> None:
    often = [start._replace(session="one") for start in starts("2.1.100", *[70_000] * 5)]

    assert cold_start_alerts(BEFORE + often) == []


def test_lines_that_repeat_a_request_are_a_factor() -> None:
    alert = line_alert(402, 162, 0)

    assert alert is not None
    assert "2.48 lines each" in alert.message
    assert (line_alert(162, 162, 0), line_alert(0, 0, 0)) == (None, None)
