"""Lets the tests of this folder import its modules, and gives them their fixtures."""

import sys
from pathlib import Path

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

from client_fixtures import api, needs_tmux, sandbox

__all__ = ["api", "needs_tmux", "sandbox"]
