"""What the line shows, and in which order: the words of `statusline` in config.toml."""

from ccmeter.line_words import WORDS
from ccmeter.paths import config_path

_LARGEST = 1 << 18  # bytes of config.toml


def load_layout(home: str) -> list[str]:
    """Return the words of config.toml that are known, or all of them where it names none.

    Only the line `statusline = "..."` above all tables is looked for: a parser of TOML takes
    longer to load than all else. `ccmeter config` and `ccmeter doctor` check the whole file.
    """
    try:
        with open(config_path(home), encoding="utf-8", errors="replace") as file:
            text = file.read(_LARGEST)
    except OSError:
        return list(WORDS)
    return _chosen(text) or list(WORDS)


def _chosen(text: str) -> list[str]:
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key.strip().startswith("["):
            return []  # the tables begin
        if key.strip() in ("statusline", '"statusline"', "'statusline'"):
            words = value.partition("#")[0].strip(" \t\"'").split()
            return list(dict.fromkeys(word for word in words if word in WORDS))
    return []
