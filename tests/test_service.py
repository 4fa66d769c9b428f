"""The service: its file says what is to run, wherever things are, and is taken back whole."""

import os
import plistlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ccmeter.errors import CcmeterError
from ccmeter.service import Service, remove, service, write

Run = Callable[..., CompletedProcess[str]]
HOMES = [
    "data",
    "my data",
    "100 % sure",
    'quo"ted',
    "it's",
    "back\\slash",
    "dol$lar",
    "ünï",
    "a;b&c",
]


def env_of(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "CCMETER_HOME": "", **more}


def unit(home: Path, data: str = "data", **more: str) -> Service:
    folder = home / data
    return service(str(folder), str(folder / "bin/ccmeter"), env_of(home, **more), "linux")


def test_the_unit_says_what_runs_and_when_it_runs_again(home: Path) -> None:
    found = unit(home)

    assert found.path == f"{home}/.config/systemd/user/ccmeter.service"
    assert found.content.decode() == (
        "[Unit]\n"
        "Description=ccmeter, a meter for Claude Code\n"
        "\n"
        "[Service]\n"
        f'ExecStart="{home}/data/bin/ccmeter" watch --forever\n'
        f'Environment="CCMETER_HOME={home}/data"\n'
        "Restart=always\n"
        "RestartSec=60\n"
        "Nice=5\n"
        "\n"
        "[Install]\n"
        "WantedBy=default.target\n"
    )
    assert found.start == (
        "systemctl --user daemon-reload",
        "systemctl --user enable --now ccmeter.service",
    )
    assert found.end == ("systemctl --user disable --now ccmeter.service",)


def test_only_what_is_unusual_is_passed_on(home: Path) -> None:
    usual = ".local/share/ccmeter"
    chosen = unit(home, usual, CLAUDE_CONFIG_DIR="/c", XDG_CONFIG_HOME=f"{home}/cfg").content

    assert b"Environment" not in unit(home, usual).content
    assert b'Environment="CLAUDE_CONFIG_DIR=/c"\n' in chosen
    assert (
        unit(home, XDG_CONFIG_HOME=f"{home}/cfg").path == f"{home}/cfg/systemd/user/ccmeter.service"
    )
    assert unit(home, XDG_CONFIG_HOME="cfg").path == unit(home).path


@pytest.fixture(scope="module")
def systemd(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, Path], str]:
    """Return what systemd finds wrong with a unit file."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)

    def verify(path: Path, home: Path) -> str:
        env = {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "PATH": os.environ["PATH"]}
        command = ["systemd-analyze", "--user", "verify", str(path)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        return f"{done.returncode} {done.stderr.strip()}"

    return verify


@pytest.mark.parametrize("data", HOMES)
def test_systemd_understands_the_unit(
    data: str, home: Path, systemd: Callable[[Path, Path], str]
) -> None:
    found = unit(home, data)
    program = home / data / "bin/ccmeter"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    write(found)

    assert systemd(Path(found.path), home) == "0 "
    program.unlink()
    plain = not set(data) & set("\"'\\$")
    assert ("is not executable" in systemd(Path(found.path), home)) == plain


@pytest.mark.parametrize("data", ["data", "my data", "it's", "100 % sure"])
def test_launchd_gets_a_list_of_words(data: str, home: Path) -> None:
    folder = home / data
    env = env_of(home, CLAUDE_CONFIG_DIR="/c")
    found = service(str(folder), str(folder / "bin/ccmeter"), env, "darwin")
    content = plistlib.loads(found.content)

    assert found.path == f"{home}/Library/LaunchAgents/ccmeter.watch.plist"
    assert content["ProgramArguments"] == [str(folder / "bin/ccmeter"), "watch", "--forever"]
    assert content["EnvironmentVariables"] == {
        "CCMETER_HOME": str(folder),
        "CLAUDE_CONFIG_DIR": "/c",
    }
    assert (content["RunAtLoad"], content["KeepAlive"]) == (True, True)
    assert found.start == (f"launchctl bootstrap gui/$(id -u) {found.path}",)


def test_the_usual_folder_of_a_mac_is_not_passed_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    folder = f"{home}/Library/Application Support/ccmeter"
    found = service(folder, f"{folder}/bin/ccmeter", env_of(home), "darwin")

    assert plistlib.loads(found.content)["EnvironmentVariables"] == {}


@pytest.mark.parametrize(("home_name", "platform"), [("a\nb", "linux"), ("data", "win32")])
def test_what_cannot_be_is_said(home_name: str, platform: str, home: Path) -> None:
    with pytest.raises(CcmeterError, match="service can be made"):
        service(str(home / home_name), "/p", env_of(home), platform)


def test_a_file_that_is_right_is_left_alone(home: Path) -> None:
    found = unit(home)

    assert write(found)
    assert not write(found)
    Path(found.path).write_text("another")
    assert write(found)
    assert remove(found)
    assert not remove(found)


def test_a_file_that_cannot_be_written_is_named(home: Path) -> None:
    (home / ".config").write_text("a file")

    with pytest.raises(CcmeterError, match=r"cannot write .*ccmeter\.service"):
        write(unit(home))
    with pytest.raises(CcmeterError, match=r"cannot remove .*ccmeter\.service"):
        remove(unit(home))


def test_setup_writes_shows_and_takes_back(run_ccmeter: Run, home: Path) -> None:
    path = home / ".config/systemd/user/ccmeter.service"
    dry = run_ccmeter("setup", "--service", "--dry-run")
    assert f"{path} would be:\n\n[Unit]\n" in dry.stdout
    assert not (home / "ccmeter").exists()

    done = run_ccmeter("setup", "--service")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{path} is written." in done.stdout
    assert "\n  systemctl --user enable --now ccmeter.service\n" in done.stdout
    program = home / "ccmeter/bin/ccmeter"
    assert f'ExecStart="{program}" watch --forever\n' in path.read_text()
    assert os.access(program, os.X_OK)

    assert "as it should be already" in run_ccmeter("setup", "--service").stdout
    assert "would be removed" in run_ccmeter("setup", "--service", "--remove", "--dry-run").stdout
    assert path.exists()
    gone = run_ccmeter("setup", "--service", "--remove")
    assert gone.stdout == (
        f"{path} is removed. To end the service that runs:\n"
        "\n  systemctl --user disable --now ccmeter.service\n"
    )
    assert not path.exists()
    assert "there is no service" in run_ccmeter("setup", "--service", "--remove").stdout


def test_taking_everything_back_takes_the_service_too(run_ccmeter: Run, claude_dir: Path) -> None:
    run_ccmeter("setup", "--service")
    done = run_ccmeter("setup", "--remove")

    assert done.returncode == 0, done.stderr
    assert "ccmeter.service is removed" in done.stdout
    assert "service" not in run_ccmeter("setup", "--remove").stdout
