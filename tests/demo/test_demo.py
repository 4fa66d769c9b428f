"""The demo month as a whole: size, days, models, money."""

import datetime
import hashlib
from collections import Counter
from pathlib import Path

import pytest

from ccmeter.demo import write_demo

TODAY = datetime.date(2026, 11, 24)
MODELS = {"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-2", "glm-5.1"}


def test_the_same_day_and_seed_give_the_same_bytes(tmp_path):
    digests = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_demo(str(tmp_path / name), TODAY, seed)
        digest = hashlib.sha256()
        for path in sorted((tmp_path / name).rglob("*.json*")):
            digest.update(str(path.relative_to(tmp_path / name)).encode() + path.read_bytes())
        digests.append(digest.hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_every_line_is_an_object_that_names_its_session_and_ends(month):
    assert all(data.endswith(b"\n") for data in month.files.values())
    for path, line in month.lines:
        named = Path(path).stem if "subagents" not in path else Path(path).parts[-3]
        assert line["sessionId"] == named
        assert line.get("cwd", "").replace("/", "-") in path


def test_the_month_is_quick_to_read(month):
    assert sum(map(len, month.files.values())) <= 20_000_000
    assert 6_000 <= len(month.responses) <= 12_000
    assert 1.2 <= len(month.of_type("assistant")) / len(month.responses) <= 2.5


def test_the_month_has_several_models_projects_and_versions(month):
    models = Counter(seen.line["message"]["model"] for seen in month.responses.values())
    assert set(models) == MODELS
    assert models.most_common(1)[0][0] == "claude-opus-5-5"
    assert 1 <= models["glm-5.1"] <= 20
    assert len({line["cwd"] for line in month.of_type("assistant")}) >= 3
    assert len(month.read_share_by_version()) == 4


def test_the_days_end_today_and_weekdays_are_busier(month):
    by_day = Counter(seen.line["timestamp"][:10] for seen in month.responses.values())
    days = {datetime.date.fromisoformat(day): n for day, n in by_day.items()}
    assert max(days) == TODAY
    assert datetime.timedelta(27) <= TODAY - min(days) <= datetime.timedelta(29)
    weekend = sum(n for day, n in days.items() if day.weekday() >= 5) / 8
    weekdays = sum(n for day, n in days.items() if day.weekday() < 5) / 22
    assert weekdays > 2 * weekend
    hours = {int(seen.line["timestamp"][11:13]) for seen in month.responses.values()}
    assert hours <= set(range(6, 22))
    assert max(seen.line["timestamp"] for seen in month.responses.values()) < "2026-11-24T12"


def test_the_token_mix_and_the_bill_are_those_of_a_heavy_user(month):
    sums = [
        sum(column) for column in zip(*(s.vector for s in month.responses.values()), strict=True)
    ]
    share = [n / sum(sums) for n in sums]
    assert 0.94 <= share[2] <= 0.98
    assert 0.003 <= share[1] <= 0.006
    assert share[0] < 0.001
    assert 1_200 <= sum(seen.usd for seen in month.responses.values()) <= 2_000


@pytest.mark.parametrize("weekday", [0, 2, 4, 6])
def test_whatever_the_weekday_the_bill_is_heavy_and_the_bug_shows(month_of, weekday):
    month = month_of(TODAY + datetime.timedelta(20 + weekday))
    assert 1_150 <= sum(seen.usd for seen in month.responses.values()) <= 2_000
    share = month.read_share_by_version()
    assert min(share, key=share.get) == "2.1.326"


def test_before_its_start_nobody_uses_the_newest_model(month_of):
    month = month_of(datetime.date(2026, 11, 8))
    assert all(s.line["message"]["model"] != "claude-fable-5-2" for s in month.responses.values())
