"""bin/ccmeter works from wherever it is started, and finds its data where ccmeter looks."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pytest

if TYPE_CHECKING:
    from tests.bootstrap.conftest import Machine

SHELLS = ["sh", "dash", "bash", "bash --posix", "busybox ash", "ksh", "mksh", "yash"]


def test_a_warm_start_needs_no_program_but_python(warm: Machine) -> None:
    assert list(warm.path.iterdir()) == []
    assert warm.shown("report")["main"] == str(warm.checkout / "src/ccmeter/__main__.py")


@pytest.mark.parametrize("shell", [name for name in SHELLS if shutil.which(name.split()[0])])
def test_every_shell_runs_it(shell: str, warm: Machine) -> None:
    name, *options = shell.split()
    command = [str(shutil.which(name)), *options, str(warm.checkout / "bin/ccmeter")]
    done = warm.start("a", "b c", program=command)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"argv": ["a", "b c"]' in done.stdout
    pyproject = warm.checkout / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("1.0", "1.1"))
    assert warm.start(program=command, CCMETER_NO_BUILD="1").returncode == 75


@pytest.mark.parametrize(
    ("cwd", "program"),
    [
        (".", "bin/ccmeter"),
        (".", "./bin/ccmeter"),
        ("bin", "./ccmeter"),
        ("src", "../bin/ccmeter"),
        ("src", "../bin/../bin//ccmeter"),
    ],
)
def test_it_is_found_from_every_folder(cwd: str, program: str, warm: Machine) -> None:
    done = warm.start(program=[program], cwd=warm.checkout / cwd)
    assert f'"main": "{warm.checkout}/src/ccmeter/__main__.py"' in done.stdout, done.stderr


def test_the_shell_may_be_given_its_bare_name(warm: Machine) -> None:
    done = warm.start(program=["/bin/sh", "ccmeter"], cwd=warm.checkout / "bin")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["absolute", "relative", "chain", "folder", "parent", "on PATH"])
def test_it_may_be_linked_to(kind: str, warm: Machine, tmp_path: Path) -> None:
    program = _link(kind, warm.checkout / "bin", tmp_path)
    (warm.path / "readlink").symlink_to("/usr/bin/readlink")
    warm.environ["PATH"] += f":{tmp_path / 'links'}"
    done = warm.start(program=["/usr/bin/env", program], cwd=tmp_path)
    assert f'"main": "{warm.checkout}/src/ccmeter/__main__.py"' in done.stdout, done.stderr


def _link(kind: str, programs: Path, folder: Path) -> str:
    """Link to ccmeter from the folder links/; return what to start."""
    links = folder / "links"
    links.mkdir()
    targets = {"chain": "other", "absolute": str(programs / "ccmeter")}
    (links / "ccmeter").symlink_to(targets.get(kind, "../checkout/bin/ccmeter"))
    (links / "other").symlink_to("../checkout/bin/ccmeter")
    (links / "bin").symlink_to(programs)
    (folder / "deep/er").mkdir(parents=True)
    (folder / "deep/er/links").symlink_to(links)  # from where ../checkout looks like another place
    places = {
        "folder": links / "bin/ccmeter",
        "parent": folder / "deep/er/links/ccmeter",
        "on PATH": "ccmeter",
    }
    return str(places.get(kind, links / "ccmeter"))


@pytest.mark.parametrize("name", ["with spaces", "quote'\"$HOME", "-dash", "glob[*]"])
def test_its_folder_may_have_any_name(name: str, warm: Machine) -> None:
    moved = warm.checkout.rename(warm.checkout.with_name(name))
    shown = warm._replace(checkout=moved).shown()
    assert shown["main"] == str(moved / "src/ccmeter/__main__.py")


def test_what_the_user_has_set_for_other_pythons_does_not_matter(
    warm: Machine, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("stand_in_package", "json", "ccmeter"):
        (elsewhere / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    hostile = {"PYTHONPATH": str(elsewhere), "PYTHONHOME": "/nowhere", "CDPATH": str(elsewhere)}
    done = warm.start("report", cwd=elsewhere, **hostile)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_first_start_ignores_them_too(fresh: Machine, tmp_path: Path) -> None:
    hostile = {"PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere", "VIRTUAL_ENV": "/nowhere"}
    hostile |= {"PIP_USER": "1", "PIP_TARGET": str(tmp_path / "target"), "UV_SYSTEM_PYTHON": "1"}
    assert fresh.shown("report", **hostile)["package"].startswith(str(fresh.data))


def test_a_checkout_that_cannot_be_written_caches_its_code_elsewhere(warm: Machine) -> None:
    assert warm.shown()["caches"] is None
    command = warm.command()
    package = warm.checkout / "src/ccmeter"
    shutil.rmtree(package / "__pycache__", ignore_errors=True)
    package.chmod(0o555)
    if os.access(package, os.W_OK):  # a superuser needs a read-only mount
        script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && "$@"'
        mounted = ["/usr/bin/unshare", "--mount", "sh", "-c", script, str(warm.checkout)]
        warm.environ["PATH"] = os.defpath
        if not os.path.exists(mounted[0]) or warm.start(program=[*mounted, "true"]).returncode:
            pytest.skip("this user may write everywhere")
        command = [*mounted, *command]
    done = warm.start(program=command)
    [environment] = warm.environments()
    assert f'"caches": "{environment}/pycache"' in done.stdout, done.stderr
    assert list((environment / "pycache").rglob("ccmeter/__main__*.pyc"))
    assert not (package / "__pycache__").exists()


def test_code_is_cached_elsewhere_for_those_who_want_no_caches_beside_the_source(
    warm: Machine,
) -> None:
    [environment] = warm.environments()
    shown = warm.shown(PYTHONDONTWRITEBYTECODE="1")
    assert shown["caches"] == str(environment / "pycache")
    assert not (warm.checkout / "src/ccmeter/__pycache__").exists()
    assert warm.shown(PYTHONDONTWRITEBYTECODE="1", PYTHONPYCACHEPREFIX="/x")["caches"] == "/x"


@pytest.mark.parametrize("name", [None, "XDG_DATA_HOME"])
def test_the_default_data_folder_is_that_of_the_platform(
    name: str | None, fresh: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = fresh.environ["HOME"]
    monkeypatch.setenv("HOME", home)
    monkeypatch.delenv("XDG_DATA_HOME")
    if name:
        fresh.environ[name] = f"{home}/share"
        monkeypatch.setenv(name, f"{home}/share")
    _data_at(Path(platformdirs.user_data_dir("ccmeter", appauthor=False)), fresh)


@pytest.mark.parametrize("chosen", ["share", "./share", "~/share", " "])
def test_a_relative_folder_of_the_platform_is_ignored(chosen: str, fresh: Machine) -> None:
    if sys.platform == "darwin":
        pytest.skip("there it does not count at all")
    _data_at(Path(fresh.environ["HOME"], ".local/share/ccmeter"), fresh, XDG_DATA_HOME=chosen)


def test_the_default_data_folder_on_macos_is_in_the_library(fresh: Machine) -> None:
    script = fresh.checkout / "bin/data.sh"
    marker = "/System/Library/CoreServices/SystemVersion.plist"
    text = script.read_text()
    assert text.count(marker) == 1
    script.write_text(text.replace(marker, str(fresh.checkout / "pyproject.toml")))
    home = fresh.environ["HOME"]
    _data_at(Path(home, "Library/Application Support/ccmeter"), fresh)


@pytest.mark.parametrize(
    ("chosen", "folder"), [("~/mine", "home/mine"), ("~", "home"), ("mine", "checkout/mine")]
)
def test_the_chosen_data_folder_is_read_as_ccmeter_reads_it(
    chosen: str, folder: str, fresh: Machine
) -> None:
    base = fresh.checkout.parent
    _data_at(base / folder, fresh, CCMETER_HOME=chosen)


def _data_at(folder: Path, machine: Machine, **env: str) -> None:
    """Check where it looks for an environment, by one that says so."""
    if "CCMETER_HOME" not in env:
        del machine.environ["CCMETER_HOME"]
    program = folder / "env/any/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "data folder: $0"\n')
    program.chmod(0o755)
    key = 'version = "1.0";requires-python = ">=3.11";'
    key += 'dependencies = [    "stand-in-package>=1",];'
    (folder / "env/any/stamp").write_text(key + "\n")
    assert machine.start(**env).stdout == f"data folder: {program}\n"


@pytest.mark.slow
def test_the_real_ccmeter_starts_from_a_bare_copy(
    repo_root: Path, tmp_path: Path, fresh: Machine, pip_settings: dict[str, str]
) -> None:
    copy = tmp_path / "clone"
    for name in ("bin", "src"):
        shutil.copytree(repo_root / name, copy / name)
    shutil.copy(repo_root / "pyproject.toml", copy)
    machine = fresh._replace(checkout=copy)
    for name in [name for name in machine.environ if name.startswith(("PIP_", "UV_"))]:
        del machine.environ[name]
    machine.environ.update(pip_settings)
    done = machine.start("--help")
    assert (done.returncode, done.stdout[:6]) == (0, "Usage:"), done.stderr
    again = machine.start("--help")
    assert (again.returncode, again.stdout, again.stderr) == (0, done.stdout, "")
