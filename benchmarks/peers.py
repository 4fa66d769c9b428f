"""The programs that are compared: how each is had, run and read, a function per program."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import installing
import totals

CCUSAGE = "20.0.24"  # the newest whose native part is on npm
_NODE = "22.23.3"  # codeburn needs 22.13 and SQLite in Node
_DEAD = "http://127.0.0.1:9"  # whoever would fetch prices is refused at once, online or not
_OFFLINE = {
    **{name: _DEAD for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")},
    "NODE_USE_ENV_PROXY": "1",
}
_MONITOR_SUMS = """
import collections, sys
from claude_monitor.data.reader import load_usage_entries
sums = collections.defaultdict(lambda: [0] * 4)
for entry in load_usage_entries(data_path=sys.argv[1])[0]:
    row = (entry.input_tokens, entry.output_tokens, entry.cache_read_tokens,
           entry.cache_creation_tokens)
    sums[entry.model] = [a + b for a, b in zip(sums[entry.model], row)]
for model, row in sums.items():
    print(model, *row, sep="\\t")
"""


class Program(NamedTuple):
    """How a program is run on a corpus whose home folder is `{home}`, corpus `{corpus}`."""

    name: str
    version: str
    command: tuple[str, ...]
    env: Mapping[str, str] = {}
    reads: totals.Reader | None = None
    writes: str = ""  # the file with its answer; "" is stdout
    sums: tuple[str, ...] = ()  # the command whose output is read, where it is another
    codes: tuple[int, ...] = (0,)
    remark: str = ""

    def words(self, home: Path, corpus: Path, sums: bool = False) -> list[str]:
        """Return the command for that home and corpus."""
        chosen = self.sums if sums and self.sums else self.command
        return [_filled(word, home, corpus) for word in chosen]

    def variables(self, home: Path, corpus: Path) -> dict[str, str]:
        """Return what its environment holds beside the common."""
        return {key: _filled(value, home, corpus) for key, value in self.env.items()}


def _filled(word: str, home: Path, corpus: Path) -> str:
    return word.replace("{home}", str(home)).replace("{corpus}", str(corpus))


class Missing(NamedTuple):
    """A program that cannot be had, and why."""

    name: str
    reason: str


def node(cache: Path) -> str:
    """Return the path of a Node that is new enough."""
    name = f"node-{installing.system()}"
    return str(installing.from_npm(cache, f"{name}@{_NODE}") / name / "bin" / "node")


def _ccusage_folder(cache: Path) -> Path:
    native = f"@ccusage/ccusage-{installing.system()}@{CCUSAGE}"
    return installing.from_npm(cache, f"ccusage@{CCUSAGE}", native)


def ccusage(cache: Path) -> Program:
    """Rust, stateless: the native binary itself."""
    scope = _ccusage_folder(cache) / "@ccusage" / f"ccusage-{installing.system()}"
    binary = scope / "bin" / "ccusage"
    binary.chmod(0o755)
    return Program(
        "ccusage",
        CCUSAGE,
        (str(binary), "claude", "daily", "--json", "--offline", "--timezone", "UTC"),
        {"CLAUDE_CONFIG_DIR": "{corpus}", **_OFFLINE},
        totals.of_daily,
        remark="native binary, keeps nothing",
    )


def ccusage_npm(cache: Path) -> Program:
    """The same through npm's start script, as most people run it."""
    script = _ccusage_folder(cache) / "ccusage" / "src" / "cli.js"
    native = ccusage(cache)
    command = (node(cache), str(script), *native.command[1:])
    return native._replace(name="ccusage (npm)", command=command, remark="through Node")


def tokscale(cache: Path) -> Program:
    """Rust with a cache of its own."""
    system = installing.system()
    name = f"cli-{system}-gnu" if system.startswith("linux") else f"cli-{system}"
    folder = installing.from_npm(cache, f"@tokscale/{name}@4.17.0")
    binary = folder / "@tokscale" / name / "bin" / "tokscale"
    binary.chmod(0o755)
    return Program(
        "tokscale",
        "4.17.0",
        (str(binary), "graph", "--no-spinner", "-c", "claude", "--output", "{home}/graph.json"),
        _OFFLINE,
        totals.of_tokscale,
        writes="{home}/graph.json",
        remark="cache of its own",
    )


def codeburn(cache: Path) -> Program:
    """TypeScript with a cache of its own."""
    script = installing.from_npm(cache, "codeburn@0.9.15") / "codeburn" / "dist" / "cli.js"
    dates = ("--from", "2020-01-01", "--to", "2026-12-31")
    options = ("--format", "json", "--provider", "claude", "--timezone", "UTC")
    return Program(
        "codeburn",
        "0.9.15",
        (node(cache), str(script), "report", *dates, *options),
        _OFFLINE,
        totals.of_codeburn,
        remark="cache of its own",
    )


def agentsview(cache: Path) -> Program:
    """Go with SQLite and full text; without its daemon, which is slower for one report."""
    folder = installing.from_pypi(cache, "agentsview==0.46.1").parent
    (binary,) = folder.glob("lib/python*/site-packages/agentsview/bin/agentsview")
    binary.chmod(0o755)
    options = "--all --json --offline --no-sync --timezone UTC"
    steps = f'"$0" sync >/dev/null && exec "$0" usage daily {options}'
    return Program(
        "agentsview",
        "0.46.1",
        ("/bin/sh", "-c", steps, str(binary)),
        {
            "CLAUDE_PROJECTS_DIR": "{corpus}/projects",
            "AGENTSVIEW_NO_DAEMON": "1",
            "AGENTSVIEW_TELEMETRY_ENABLED": "0",
            **_OFFLINE,
        },
        totals.of_daily,
        remark="SQLite with full text",
    )


def claude_monitor(cache: Path) -> Program:
    """Python, stateless. Its view tells of the running block only, so its library is asked."""
    python = str(installing.from_pypi(cache, "claude-monitor==4.0.0") / "python")
    once = ("-m", "claude_monitor", "--once", "--output", "json")
    return Program(
        "claude-monitor",
        "4.0.0",
        (python, *once, "--data-paths", "{corpus}/projects"),
        _OFFLINE,
        totals.of_lines,
        sums=(python, "-c", _MONITOR_SUMS, "{corpus}/projects"),
        codes=(0, 20),  # 20: no session runs now
        remark="keeps nothing; shows eight days; totals are its library's",
    )


KNOWN: dict[str, Callable[[Path], Program]] = {
    "ccusage": ccusage,
    "ccusage-npm": ccusage_npm,
    "tokscale": tokscale,
    "codeburn": codeburn,
    "agentsview": agentsview,
    "claude-monitor": claude_monitor,
}


def gather(
    names: list[str], cache: Path, known: Mapping[str, Callable[[Path], Program]] = KNOWN
) -> tuple[list[Program], list[Missing]]:
    """Return the programs that can be had, and those that cannot with the reason."""
    programs, missing = [], []
    for name in names:
        try:
            programs.append(known[name](cache))
        except installing.Unavailable as error:
            missing.append(Missing(name, str(error)))
        except OSError as error:
            missing.append(Missing(name, f"not usable: {error.strerror}"))
    return programs, missing


def statusline(cache: Path, *options: str) -> Program:
    """Return ccusage's statusline through npm."""
    script = _ccusage_folder(cache) / "ccusage" / "src" / "cli.js"
    command = (node(cache), str(script), "statusline", "--offline", *options)
    env = {"CLAUDE_CONFIG_DIR": "{corpus}", **_OFFLINE}
    return Program("ccusage statusline (npm)", CCUSAGE, command, env)


def fresh_home(home: Path, corpus: Path) -> None:
    """Make an empty home whose .claude is the corpus."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    (home / ".claude").symlink_to(corpus)
