"""The time zone of the machine, in each of the ways in which $TZ may tell it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from time import tzset

import pytest

from ccmeter.zones import local_zone, unread_tz

TOKYO = Path("/usr/share/zoneinfo/Asia/Tokyo")
HAS_FILES = pytest.mark.skipif(not TOKYO.exists(), reason="the zones of this machine are elsewhere")
EUROPE = "CET-1CEST,M3.5.0,M10.5.0/3"
SOUTH = "<-03>3<-02>,M10.3.0/0,M2.3.0/0"
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def set_tz(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def change(value: str) -> None:
        monkeypatch.setenv("TZ", value)
        tzset()

    return change


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        (":Asia/Tokyo", "Asia/Tokyo"),
        pytest.param(str(TOKYO), "Asia/Tokyo", marks=HAS_FILES),
        pytest.param(f":{TOKYO}", "Asia/Tokyo", marks=HAS_FILES),
        ("JST-9", "JST-9"),
        (EUROPE, EUROPE),
        (SOUTH, SOUTH),
        ("<+0545>-5:45", "<+0545>-5:45"),
        ("EST5EDT", "EST5EDT"),
    ],
)
def test_it_is_what_the_c_library_takes_it_for(
    value: str, name: str, set_tz: Callable[[str], None]
) -> None:
    set_tz(value)
    zone, told = local_zone()

    assert (told, unread_tz()) == (name, "")
    for month in range(1, 13):
        moment = datetime(2026, month, 3, 12, tzinfo=UTC)
        local = datetime.fromtimestamp(moment.timestamp())  # noqa: DTZ006 - of the C library
        assert moment.astimezone(zone).replace(tzinfo=None) == local


@HAS_FILES
def test_a_file_elsewhere_is_called_by_its_path(
    tmp_path: Path, set_tz: Callable[[str], None]
) -> None:
    path = tmp_path / "mine"
    path.write_bytes(TOKYO.read_bytes())
    set_tz(str(path))
    zone, name = local_zone()

    assert name == str(path)
    assert str(datetime(2026, 1, 1, tzinfo=zone).utcoffset()) == "9:00:00"


@pytest.mark.parametrize("value", ["Nowhere/City", "CET-1CEST", "/no/file", "Zürich-1", "A", ":"])
def test_what_is_no_zone_is_told_and_another_one_used(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", value)
    others = local_zone()

    assert unread_tz() == value
    monkeypatch.delenv("TZ")
    assert (local_zone()[1], unread_tz()) == (others[1], "")


def test_days_begin_there(run_ccmeter: Run) -> None:
    done = run_ccmeter("report", "--json", "--no-sync", env={"TZ": "JST-9"})

    assert json.loads(done.stdout)["period"]["timezone"] == "JST-9"


@pytest.mark.parametrize(
    ("value", "shown", "status", "message"),
    [
        ("JST-9", "the time zone of this machine, JST-9", "ok", "days begin as in JST-9"),
        ("Asia/Tokyo", 'timezone = "Asia/Tokyo"', "ok", "days begin as in Asia/Tokyo"),
        ("Nowhere/City", "TZ=Nowhere/City is none", "note", "TZ=Nowhere/City is no time zone: "),
    ],
)
def test_settings_and_doctor_tell_which_one_is_used(
    value: str, shown: str, status: str, message: str, run_ccmeter: Run
) -> None:
    settings = run_ccmeter("config", "show", env={"TZ": value, "COLUMNS": "120"}).stdout
    document = json.loads(run_ccmeter("doctor", "--json", env={"TZ": value}).stdout)
    (check,) = [each for each in document["checks"] if each["name"] == "timezone"]

    assert shown in " ".join(settings.replace("\n# ", " ").split())
    assert check["status"] == status
    assert check["message"].startswith(message)


def test_a_zone_of_the_settings_goes_before_it(home: Path, run_ccmeter: Run) -> None:
    assert run_ccmeter("config", "set", "timezone", "Europe/Berlin").returncode == 0
    document = json.loads(run_ccmeter("doctor", "--json", env={"TZ": "Nowhere/City"}).stdout)
    (check,) = [each for each in document["checks"] if each["name"] == "timezone"]

    assert (check["status"], check["message"]) == ("ok", "days begin as in Europe/Berlin")
