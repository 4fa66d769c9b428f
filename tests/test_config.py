"""What config.toml may say, and what is said about it when it is wrong."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ccmeter.config import KEYS, SETTINGS, TIERS, Tier, load_config, nearest, parse_config
from ccmeter.errors import CcmeterError


def config(text: str) -> Any:
    return parse_config(tomllib.loads(text), "config.toml")


def test_no_file_means_every_default(tmp_path: Path) -> None:
    found = load_config(str(tmp_path))

    assert (found.user, found.timezone, found.tiers, found.users) == ("me", None, (), ())
    assert (dict(found.prices), found.unknown_keys) == ({}, ())


def test_plans_are_known_by_their_old_and_new_names() -> None:
    old, new = {"max-5x", "max-20x"}, {"max", "ultra"}
    others = {"pro", "team-standard", "team-premium", "enterprise", "education", "api"}

    assert set(TIERS) == old | new | others
    for name in TIERS:
        assert config(f'tier = "{name}"').tiers == (Tier(name, "", annual=False),)


@pytest.mark.parametrize(
    "text",
    [
        'tier = "max20"',
        'tier = "Pro"',
        '[[tiers]]\ntier = "free"\nfrom = 2026-01-01',
        '[[users]]\nname = "ada"\nfolder = "/home/ada/.claude"\ntier = "plus"',
    ],
)
def test_an_unknown_plan_is_refused_with_the_list_of_plans(text: str) -> None:
    with pytest.raises(CcmeterError) as error:
        config(text)

    assert "there is no plan" in str(error.value)
    assert str(error.value).endswith(f"Use one of {', '.join(TIERS)}.")


def test_a_change_of_plan_holds_from_its_day_on() -> None:
    found = config(
        'tier = "pro"\nannual = true\n'
        '[[tiers]]\ntier = "ultra"\nfrom = 2026-10-20\n'
        '[[tiers]]\ntier = "max-5x"\nfrom = "2026-05-01"\n'
    )

    assert found.tiers == (
        Tier("pro", "", annual=True),
        Tier("max-5x", "2026-05-01", annual=False),
        Tier("ultra", "2026-10-20", annual=False),
    )


WRONG = [
    ("timezone = 5", 'timezone must be text in quotes, such as timezone = "..."'),
    ('timezone = "Berlin"', "there is no time zone 'Berlin'. Use a name such as UTC"),
    ("annual = 1\ntier = 'pro'", "annual must be true or false"),
    ("notify = 'yes'", "notify must be true or false"),
    ("statusline = 'model weather'", "the status line has no part 'weather'"),
    ("statusline = ['model']", "statusline must be text in quotes"),
    ("watch_idle_minutes = true", "watch_idle_minutes must be a whole number"),
    ("watch_idle_minutes = -1", "watch_idle_minutes must be a whole number"),
    ("watch_idle_minutes = '5'", "watch_idle_minutes must be a whole number"),
    ("users = 5", "write users as [[users]] tables"),
    ("[users]\nname = 'ada'", "write users as [[users]] tables"),
    ("[[users]]\nname = 'ada'", 'every [[users]] needs name = "..." and folder = "..."'),
    ("[[tiers]]\nfrom = 2026-01-01", "every [[tiers]] needs tier"),
    ("[[tiers]]\ntier = 'pro'\nfrom = 'May'", "from must be a day such as 2026-01-31"),
    ("prices = 5", "write prices as a [prices] table"),
]


@pytest.mark.parametrize(("text", "fix"), WRONG)
def test_what_is_wrong_is_named_with_its_fix(text: str, fix: str) -> None:
    with pytest.raises(CcmeterError) as error:
        config(text)

    assert str(error.value).startswith("config.toml: ")
    assert fix in str(error.value)
    assert "\n" not in str(error.value)


def test_keys_that_mean_nothing_are_remembered_wherever_they_stand() -> None:
    found = config(
        'timezon = "UTC"\n'
        '[[tiers]]\ntier = "pro"\nsince = 2026-01-01\n'
        '[[users]]\nname = "ada"\nfolder = "/a"\nfodler = "/b"\n'
        '[[users.tiers]]\ntier = "pro"\nuntil = 2026-01-01\n'
    )

    assert found.unknown_keys == ("tiers.since", "tiers.until", "timezon", "users.fodler")


def test_every_key_of_the_documents_is_known() -> None:
    text = 'timezone = "UTC"\nuser = "x"\ntier = "pro"\nannual = true\n'
    text += 'client_meter = true\nnotify = true\nstatusline = "cost"\nwatch_idle_minutes = 0\n'
    text += 'otlp_port = 14318\n[[tiers]]\ntier = "max"\n'
    text += '[[users]]\nname = "a"\nfolder = "/a"\ntier = "pro"\nannual = true\n'
    text += "[prices.m]\n[compute]\n[audit]\n"

    assert config(text).unknown_keys == ()
    assert set(tomllib.loads(text)) == set(KEYS)
    tables = {"tiers", "users", "prices", "compute", "audit"}
    assert set(SETTINGS) == set(tomllib.loads(text)) - tables


@pytest.mark.parametrize(
    ("word", "meant"), [("timezon", "timezone"), ("TIER", "tier"), ("colour", None)]
)
def test_the_nearest_key_is_offered_and_no_far_one(word: str, meant: str | None) -> None:
    assert nearest(word, SETTINGS) == meant


def test_a_user_owns_the_folder_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    found = config(f'user = "me too"\n[[users]]\nname = "ada"\nfolder = "{tmp_path}/link"\n')
    env: Mapping[str, str] = {"CLAUDE_CONFIG_DIR": str(tmp_path / "own")}

    assert found.roots(env) == [str(tmp_path / "own"), str(tmp_path / "link")]
    assert found.user_of(str(tmp_path / "real")) == "ada"
    assert found.user_of(str(tmp_path / "own")) == "me too"


@pytest.mark.parametrize("content", [b"user = ", b"\xff\xfe", b"user = 'a'\nuser = 'b'\n"])
def test_a_file_that_is_no_toml_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(content)

    with pytest.raises(CcmeterError, match=r"cannot read .*config\.toml: .*Correct the file"):
        load_config(str(tmp_path))
