"""What a result was measured on."""

import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path


def facts(python: str) -> Iterator[tuple[str, str]]:
    """Yield what decides about times; `python` is the interpreter of ccmeter."""
    yield "date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield "processor", f"{os.cpu_count()} × {_processor()}"
    yield "memory", _memory()
    yield "system", f"{platform.system()} {platform.release()}, {platform.machine()}"
    code = "import platform, sqlite3; print(platform.python_version(), sqlite3.sqlite_version)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    version, sqlite = done.stdout.split()
    yield "Python, SQLite", f"{version}, {sqlite}"
    yield "load before the run", f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} processors"


def _processor() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in _lines("/proc/cpuinfo")
        if line.startswith("model name")
    ]
    return names[0] if names else platform.processor() or "unknown"


def _memory() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{total / 2**30:.0f} GiB"


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines() if os.path.exists(path) else []
