"""Every transcript below a Claude folder is found, once, whatever the folder looks like."""

import os
import subprocess
from pathlib import Path

import pytest

from ccmeter.transcripts.discover import (
    Share,
    Transcript,
    discover,
    identity,
    modified_ns,
    transcript_at,
    transcript_below,
    walk,
)


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    (tmp_path / "projects").mkdir()
    return tmp_path


def add(claude: Path, *names: str) -> None:
    for name in names:
        path = claude / "projects" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}\n")


def found(*roots: Path) -> list[str]:
    """The paths below projects/, of the first root."""
    start = os.path.realpath(roots[0] / "projects")
    return sorted(os.path.relpath(file.path, start) for file in discover(map(str, roots)))


def one(claude: Path) -> Transcript:
    (file,) = discover([str(claude)])
    return file


def test_transcripts_are_found_at_any_depth_and_in_hidden_folders(claude: Path) -> None:
    names = ["a.jsonl", "p/b.jsonl", "p/.hidden/c.jsonl", "p/s/subagents/w/agent-1.jsonl"]
    add(claude, *names)

    assert found(claude) == sorted(names)


def test_other_files_are_not_transcripts(claude: Path) -> None:
    add(claude, "p/journal.jsonl", "p/history.jsonl", "p/audit.jsonl", "p/a.json", "p/a.jsonl.bak")
    add(claude, "p/s.meta.json", "p/JOURNAL.jsonl", "p/.jsonl")

    assert found(claude) == ["p/.jsonl", "p/JOURNAL.jsonl"]


@pytest.mark.parametrize("of", [1, 2, 3])
def test_several_that_share_the_work_find_each_transcript_once(claude: Path, of: int) -> None:
    names = ["p/alone.jsonl", "q/s/subagents/agent-1.jsonl", "q/s.jsonl"]
    for project in ("p", "q", "r"):
        for session in range(7):
            names.append(f"{project}/{session}.jsonl")
            names.append(f"{project}/{session}/subagents/agent-1.jsonl")
            names.append(f"{project}/{session}/subagents/w/agent-2.jsonl")
    add(claude, "beside.jsonl", *names)
    beside, *paths = (
        os.path.realpath(claude / "projects" / name) for name in ("beside.jsonl", *names)
    )
    shares = [[path for path, *_ in walk([str(claude)], Share(n, of))] for n in range(of)]

    assert sorted(path for share in shares for path in share) == sorted([beside] * of + paths)
    assert min(map(len, shares)) > 0.8 * len(names) / of


def test_a_missing_folder_holds_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "nowhere") == []


def test_a_file_in_the_place_of_the_folder_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "projects").write_bytes(b"")

    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "session", "agent"),
    [
        ("p/abc.jsonl", "abc", ""),
        ("p/s/subagents/agent-7f.jsonl", "s", "7f"),
        ("p/s/subagents/workflows/wf_1/agent-7f.jsonl", "s", "7f"),
        ("p/agent-7f.jsonl", None, "7f"),
        ("p/subagents/agent-7f.jsonl", None, "7f"),  # a project of that name, no session above
        ("x/p/s/subagents/agent-7f.jsonl", "s", "7f"),
        ("p/s/subagents/odd.jsonl", "odd", ""),
    ],
)
def test_the_place_tells_session_and_agent(
    name: str, session: str | None, agent: str, claude: Path
) -> None:
    add(claude, name)
    file = one(claude)

    assert (file.session, file.agent) == (session, agent)


def test_a_folder_that_looks_like_a_transcript_is_a_folder(claude: Path) -> None:
    add(claude, "p/x.jsonl/inner.jsonl")

    assert found(claude) == ["p/x.jsonl/inner.jsonl"]


def test_a_pipe_is_no_transcript(claude: Path) -> None:
    add(claude, "p/a.jsonl")
    os.mkfifo(claude / "projects/p/pipe.jsonl")

    assert found(claude) == ["p/a.jsonl"]


def test_a_device_behind_a_link_is_no_transcript(claude: Path) -> None:
    (claude / "projects/zero.jsonl").symlink_to("/dev/zero")

    assert found(claude) == []


def test_the_projects_folder_may_be_a_link(claude: Path, tmp_path: Path) -> None:
    add(claude, "p/a.jsonl")
    other = tmp_path / "other"
    other.mkdir()
    (other / "projects").symlink_to(claude / "projects")

    assert found(other) == ["p/a.jsonl"]
    assert one(other).path == str(claude / "projects/p/a.jsonl")


def test_two_roots_that_are_one_folder_are_read_once(claude: Path, tmp_path: Path) -> None:
    add(claude, "p/a.jsonl")
    (tmp_path / "again").symlink_to(claude)

    assert found(claude, tmp_path / "again", claude) == ["p/a.jsonl"]


def test_a_root_inside_another_is_read_once(claude: Path) -> None:
    add(claude, "p/.claude/projects/q/a.jsonl")

    assert len(found(claude, claude / "projects/p/.claude")) == 1
    assert len(found(claude / "projects/p/.claude", claude)) == 1


def test_links_in_a_circle_end(claude: Path) -> None:
    add(claude, "p/q/a.jsonl")
    (claude / "projects/p/q/up").symlink_to("..")
    (claude / "projects/p/q/top").symlink_to(claude)
    (claude / "projects/self").symlink_to("self")
    (claude / "projects/nowhere").symlink_to("missing")
    (claude / "projects/nothing.jsonl").symlink_to("missing.jsonl")

    assert found(claude) == ["p/q/a.jsonl"]


def test_folders_that_link_to_each_other_are_read_once_each(claude: Path) -> None:
    """As many paths lead to a file as there are orders of eight folders."""
    folders = range(8)
    for here in folders:
        add(claude, f"p{here}/a.jsonl")
        for there in folders:
            (claude / f"projects/p{here}/to{there}").symlink_to(f"../p{there}")

    assert found(claude) == [f"p{n}/a.jsonl" for n in folders]


def test_a_linked_folder_is_read_and_known_by_its_real_path_where_it_has_one(
    claude: Path, tmp_path: Path
) -> None:
    add(claude, "z/a.jsonl")
    (claude / "projects/before").symlink_to("z")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.jsonl").write_bytes(b"")
    (claude / "projects/linked").symlink_to(outside)

    assert found(claude) == ["linked/b.jsonl", "z/a.jsonl"]


def test_a_linked_transcript_is_read(claude: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"{}\n")
    (claude / "projects/a.jsonl").symlink_to(tmp_path / "elsewhere")

    assert found(claude) == ["a.jsonl"]


def test_names_of_any_characters_are_read(claude: Path) -> None:
    names = ["p/é 💡.jsonl", "p/new\nline.jsonl", "p/'\".jsonl", "p/%s?x=1#.jsonl", "-/-.jsonl"]
    add(claude, *names)

    assert found(claude) == sorted(names)


def test_names_that_are_no_utf_8_keep_their_path_and_get_a_session_that_can_be_stored(
    claude: Path,
) -> None:
    folder = os.fsencode(claude / "projects") + b"/p\xfe/s\xfe/subagents"
    os.makedirs(folder)
    for name in (b"/agent-\xff.jsonl", b"/agent-\xfe.jsonl"):
        Path(os.fsdecode(folder + name)).write_bytes(b"")
    files = list(discover([str(claude)]))

    assert all(os.path.exists(file.path) for file in files)
    assert {file.session for file in files} == {"s\\udcfe"}
    assert {file.agent for file in files} == {"\\udcff", "\\udcfe"}


def test_folders_may_be_as_deep_as_the_system_allows(claude: Path) -> None:
    here = os.getcwd()
    os.chdir(claude / "projects")
    try:
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
        Path("deep.jsonl").write_bytes(b"")
        os.chdir(here)

        assert found(claude) == ["d/" * 1500 + "deep.jsonl"]
    finally:
        os.chdir(here)
        # too deep for pytest, which empties its folders by recursion
        subprocess.run(["rm", "-rf", str(claude / "projects")], check=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_passed_over(claude: Path) -> None:
    add(claude, "closed/a.jsonl", "open/b.jsonl")
    (claude / "projects/closed").chmod(0)
    try:
        assert found(claude) == ["open/b.jsonl"]
    finally:
        (claude / "projects/closed").chmod(0o700)


def test_a_file_that_has_just_vanished_is_none(claude: Path) -> None:
    assert transcript_at(str(claude / "projects/p/a.jsonl"), str(claude), "p") is None


def test_numbers_of_the_file_system_fit_into_the_database() -> None:
    """Some file systems use all 64 bits of an inode, and broken clocks write the year 3000."""
    info = os.stat_result((0o100644, 2**64 - 1, 2**64 - 2, 1, 0, 0, 0, 0, 0, 0))
    device, inode = identity(info)
    assert 0 <= device < 2**63
    assert 0 <= inode < 2**63
    assert device != inode


def test_a_time_after_2262_is_cut(claude: Path) -> None:
    add(claude, "p/a.jsonl")
    os.utime(claude / "projects/p/a.jsonl", (0, 2**33 + 2**32))  # the year 2378
    info = os.stat(claude / "projects/p/a.jsonl")
    if info.st_mtime_ns < 2**63:
        pytest.skip("the file system holds no such time")

    assert modified_ns(info) == one(claude).mtime_ns == 2**63 - 1


def test_a_transcript_is_found_again_by_its_path(tmp_path: Path) -> None:
    claude, other = tmp_path / ".claude", tmp_path / "other"
    for name in ("p/s.jsonl", "p/s/subagents/w/agent-a.jsonl", "p/agent-b.jsonl"):
        path = claude / "projects" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}\n")
    found = list(discover([str(claude)]))

    assert len(found) == 3
    assert [transcript_below(file.path, str(claude)) for file in found] == found
    assert [transcript_below(file.path, str(other)) for file in found] == [None] * 3
    (claude / "projects/p/s.jsonl").unlink()
    assert transcript_below(str(claude / "projects/p/s.jsonl"), str(claude)) is None
