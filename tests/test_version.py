"""Which of two versions is the newer one."""

from pathlib import Path

import pytest

from ccmeter.version import is_newer, version, version_in


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("0.1.1", "0.1.0"),
        ("0.10.0", "0.9.9"),
        ("1.0.0", "0.99.0"),
        ("1.0.0", "1.0.0-rc.1"),
        ("1.0.0-rc.1", "0.9.0"),
        ("0.0.1", ""),
        ("0.0.1", "unknown"),
    ],
)
def test_versions_are_in_the_order_of_their_numbers(newer: str, older: str) -> None:
    assert is_newer(newer, older)
    assert not is_newer(older, newer)
    assert not is_newer(newer, newer)


@pytest.mark.parametrize("text", ["...", "9" * 5000, "٣.1", "1..2", "-1"])
def test_what_is_no_version_can_be_compared(text: str) -> None:
    assert not is_newer(text, text)


def test_a_checkout_tells_its_version(repo_root: Path, tmp_path: Path) -> None:
    assert version_in(str(repo_root)) == version()
    assert version_in(str(tmp_path)) == ""
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    assert version_in(str(tmp_path)) == ""
