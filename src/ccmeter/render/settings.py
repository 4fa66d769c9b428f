"""The settings in force as config.toml would say them."""

from collections.abc import Mapping, Sequence
from typing import Any

from ccmeter.config import KEYS, SETTINGS, Config
from ccmeter.render.lines import wrapped
from ccmeter.render.units import printable
from ccmeter.settings.simple import Setting
from ccmeter.settings.source import Source


def settings_toml(
    source: Source, config: Config, settings: Sequence[Setting], roots: Sequence[str], width: int
) -> str:
    """Return valid TOML that says what is in force, and comments that say where it comes from."""
    state = "" if source.text else " (not there: everything is a default)"
    parts = [
        _comment(f"settings in force. The file: {source.path}{state}", width),
        "\n".join(_line(setting, width) for setting in settings),
        *_tables(source.data),
        *(_comment(_unknown(key), width) for key in config.unknown_keys),
        "\n".join([_comment("Claude folders that are read, and whose usage they hold:", width),
                   *(f"#   {printable(root)}  {config.user_of(root)}" for root in roots)]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _line(setting: Setting, width: int) -> str:
    if setting.value is None:
        default = "" if setting.origin == "default" else f"; {setting.origin}"
        text = f"{setting.key} is not set; it is {SETTINGS[setting.key]}{default}"
        return _comment(text, width)
    line = toml({setting.key: setting.value})
    whole = f"{line}  # {setting.origin}"
    return whole if len(whole) <= width else f"{_comment(setting.origin, width)}\n{line}"


def _tables(data: Mapping[str, Any]) -> list[str]:
    names = [name for name in KEYS if name not in SETTINGS and data.get(name)]
    return [f"# from config.toml\n{toml({name: data[name]})}" for name in names]


def _unknown(key: str) -> str:
    return f"config.toml: {key} is not known to this ccmeter and does nothing"


def _comment(text: str, width: int) -> str:
    return wrapped(text, width, "# ", "# ")


def toml(values: Mapping[str, Any]) -> str:
    """Return the values as TOML."""
    import tomlkit

    return tomlkit.dumps(values).strip("\n")
