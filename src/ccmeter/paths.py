"""Where things are: ccmeter's own folder and Claude Code's folders. Standard library only.

os.path instead of pathlib throughout: the statusline and the hooks start with this module.
"""

import os
import sys
from collections.abc import Mapping

APP = "ccmeter"


def data_home(env: Mapping[str, str] = os.environ) -> str:
    """Return ccmeter's own folder: $CCMETER_HOME, else the platform's user data folder."""
    chosen = env.get("CCMETER_HOME")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    if sys.platform in ("linux", "darwin"):
        # what platformdirs answers on these two, without its import time
        if sys.platform == "darwin":
            base = os.path.expanduser("~/Library/Application Support")
        else:
            base = _xdg("XDG_DATA_HOME", "~/.local/share", env)
        return os.path.join(base, APP)
    from platformdirs import user_data_dir

    return user_data_dir(APP, appauthor=False)


def _xdg(name: str, usual: str, env: Mapping[str, str]) -> str:
    """A relative one is to be ignored, says its specification: it would be one per folder."""
    chosen = env.get(name, "")
    return chosen if os.path.isabs(chosen) else os.path.expanduser(usual)


def ensure_home(home: str) -> str:
    """Create the folder, readable by its owner only, and return it."""
    if not os.path.isdir(home):
        os.makedirs(home, mode=0o700, exist_ok=True)
        os.chmod(home, 0o700)
    return home


def database_path(home: str) -> str:
    """Return the path of the database inside ccmeter's folder."""
    return os.path.join(home, "ccmeter.db")


def read_only_uri(path: str) -> str:
    """Return the address under which SQLite opens the file for reading alone."""
    for char in "%?#":  # urllib.parse would take longer to load than most queries to run
        path = path.replace(char, f"%{ord(char):02x}")
    return f"file:{path}?mode=ro"


def config_path(home: str) -> str:
    """Return the path of the configuration file inside ccmeter's folder."""
    return os.path.join(home, "config.toml")


def refreshed_path(home: str) -> str:
    """Return the path of the prices that `ccmeter prices refresh` fetched."""
    return os.path.join(home, "refreshed-prices.json")


def claude_folders(env: Mapping[str, str] = os.environ) -> list[str]:
    """Return the Claude Code folders to read, whether they exist or not.

    $CLAUDE_CONFIG_DIR replaces the defaults. It is one path; only when the whole string is no
    existing folder is it read as a comma-separated list, as some other meters do.
    """
    chosen = env.get("CLAUDE_CONFIG_DIR")
    if chosen:
        whole = os.path.expanduser(chosen)
        if os.path.isdir(whole) or "," not in chosen:
            return [os.path.abspath(whole)]
        parts = [part.strip() for part in chosen.split(",")]
        return [os.path.abspath(os.path.expanduser(part)) for part in parts if part]
    return [os.path.expanduser("~/.claude"), *_extra_folders(env)]


def _extra_folders(env: Mapping[str, str]) -> list[str]:
    """Folders beside ~/.claude, named only where they exist."""
    # client 1.0.28 wrote there for a while
    older = os.path.join(_xdg("XDG_CONFIG_HOME", "~/.config", env), "claude")
    found = [older] if os.path.isdir(os.path.join(older, "projects")) else []
    return found + _desktop_folders(env)


def _desktop_folders(env: Mapping[str, str]) -> list[str]:
    """Folders of the desktop app's local agent sessions; each holds its own .claude folder."""
    import glob

    below = os.path.join("local-agent-mode-sessions", "*", "*", "local_*", ".claude")
    patterns = [os.path.join(base, below) for base in _desktop_bases(env)]
    return [path for pattern in patterns for path in sorted(glob.glob(pattern))]


def _desktop_bases(env: Mapping[str, str]) -> list[str]:
    if sys.platform == "darwin":
        return [os.path.expanduser("~/Library/Application Support/Claude")]
    if sys.platform == "win32":
        package = ("Packages", "Claude_pzs8sxrjxfjjc", "LocalCache", "Roaming", "Claude")
        return [
            os.path.join(env.get("APPDATA", ""), "Claude"),
            os.path.join(env.get("LOCALAPPDATA", ""), *package),
        ]
    return []
