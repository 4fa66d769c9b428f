"""The statistic of versions on made-up histories: few false alarms, and faults are found.

A history is a number of sessions. How many requests a session has and how often it rebuilds
follows what was measured on public transcripts: 57 % of the sessions have 20 requests or more,
rebuilds without a cause happen in 0.9 % of the exposed requests (0.44 % on clients since
2.1.200), and a session that has one has 1.5 of them: they come in clusters.
"""

import random
from math import exp
from typing import NamedTuple

import pytest

from ccmeter.cache.intervals import Pair
from ccmeter.cache.versions import base_rate, verdict

OLD, NEW = ("2.1.100", 0.009), ("2.1.210", 0.0044)
MEDIAN, SPREAD = 24.5, 1.1  # of the exposed requests of a session: lognormal
CLUSTERING = 1.5  # first parameter of the beta distribution of a session's own rate


class Setting(NamedTuple):
    """How many sessions there are on the tested version and on the others."""

    tested: int
    others: int
    power: float  # wanted at 5 % injected rebuilds


SETTINGS = [Setting(5, 50, 0.55), Setting(10, 50, 0.85), Setting(20, 100, 0.95)]


def session(rng: random.Random, rate: float, injected: float = 0.0) -> Pair:
    """Suspect and exposed requests of one session."""
    exposed = max(1, round(MEDIAN * exp(rng.gauss(0, SPREAD))))
    own = rng.betavariate(CLUSTERING, CLUSTERING * (1 - rate) / rate)
    share = own + (1 - own) * injected
    return sum(rng.random() < share for _ in range(exposed)), exposed


def alarms(
    setting: Setting, client: tuple[str, float], injected: float, histories: int, seed: int
) -> float:
    """The share of histories in which the tested version gets an alarm."""
    rng, found = random.Random(seed), 0
    version, rate = client
    for number in range(histories):
        others = [session(rng, rate) for _ in range(setting.others)]
        tested = [session(rng, rate, injected) for _ in range(setting.tested)]
        suspect, exposed = sum(k for k, _ in others), sum(n for _, n in others)
        base = base_rate(version, suspect, exposed)
        found += verdict(tested, base.rate, f"{seed}:{number}") == "alarm"
    return found / histories


def test_made_up_sessions_look_like_real_ones() -> None:
    rng = random.Random(1)
    made = [session(rng, OLD[1]) for _ in range(5_000)]

    assert sum(n >= 20 for _, n in made) / 5_000 == pytest.approx(0.57, abs=0.02)
    assert sum(k for k, _ in made) / sum(n for _, n in made) == pytest.approx(0.009, abs=0.002)
    assert 1.5 < sum(k for k, _ in made) / sum(k > 0 for k, _ in made) < 1.9


@pytest.mark.slow
@pytest.mark.parametrize("client", [OLD, NEW], ids=["older", "newer"])
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s.tested}-of-{s.others}")
def test_a_healthy_version_is_seldom_an_alarm(setting: Setting, client: tuple[str, float]) -> None:
    assert alarms(setting, client, 0.0, 3_000, seed=7) < 0.005


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s.tested}-of-{s.others}")
def test_a_version_that_rebuilds_5_percent_is_found(setting: Setting) -> None:
    assert alarms(setting, OLD, 0.05, 400, seed=11) >= setting.power


def test_a_version_that_rebuilds_a_fifth_is_found_with_ten_sessions() -> None:
    assert alarms(SETTINGS[1], OLD, 0.20, 60, seed=13) > 0.97
