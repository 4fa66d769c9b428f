"""Where a command's numbers come from: the real history, or a made-up one."""

import os
from contextlib import ExitStack
from datetime import datetime
from typing import NamedTuple

from ccmeter.config import Config, load_config
from ccmeter.paths import data_home


class Place(NamedTuple):
    """A data folder, its settings, and the Claude folders that are read into it."""

    home: str
    config: Config
    roots: list[str]

    @property
    def metered(self) -> list[str]:
        """The user's own Claude folders, if the client's meter in .claude.json may be read."""
        return self.config.metered(self.roots)


def real() -> Place:
    """Return the user's own place."""
    home = data_home()
    config = load_config(home)
    return Place(home, config, config.roots())


def demo(stack: ExitStack) -> Place:
    """Return a temporary place with a made-up month, gone when the stack closes."""
    from tempfile import TemporaryDirectory

    from ccmeter.demo import write_demo

    folder = stack.enter_context(TemporaryDirectory(prefix="ccmeter-demo-"))
    claude = os.path.join(folder, "claude")
    write_demo(claude, datetime.now().astimezone().date())
    home = os.path.join(folder, "ccmeter")
    return Place(home, Config(), [claude])
