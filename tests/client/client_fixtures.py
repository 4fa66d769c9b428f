"""Fixtures for every test that runs the real client: import what is needed into a conftest."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import Sandbox
from install import NEWEST, REQUIRED, Client, Missing, client
from mock_api import MockApi
from terminal import tmux

NewSandbox = Callable[..., Sandbox]


def installed(version: str) -> Client:
    """Return the client, or skip with the reason; $CCMETER_REQUIRE_CLIENT makes it a failure."""
    found = client(version)
    if isinstance(found, Missing):
        if REQUIRED:
            pytest.fail(found.reason)
        pytest.skip(found.reason)
    return found


@pytest.fixture
def api() -> Iterator[MockApi]:
    """A mock API that runs as long as the test."""
    with MockApi() as server:
        yield server


@pytest.fixture
def sandbox(tmp_path: Path, api: MockApi) -> NewSandbox:
    """Make a sandbox for a client version, talking to `api`."""

    def make(version: str = NEWEST, name: str = "box") -> Sandbox:
        return Sandbox(tmp_path / name, installed(version), api.url)

    return make


@pytest.fixture
def needs_tmux() -> None:
    """Skip where there is no tmux."""
    if not tmux():
        (pytest.fail if REQUIRED else pytest.skip)("tmux is not installed: apt-get install tmux")
