"""How files are written, claimed and guarded, in the corners: pipes, no locks, names that none can have."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clearprop import files
from clearprop.errors import FileError
from clearprop.files import claimed, refuse_overwriting, replaced, write_atomically

WRITE = "from clearprop.files import write_atomically; write_atomically('/dev/stdout', b'hello')"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_standard_output_may_be_a_pipe_or_a_file(tmp_path):
    assert subprocess.run([sys.executable, "-c", WRITE], stdout=subprocess.PIPE, check=True).stdout == b"hello"
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", WRITE], stdout=out, check=True)
    assert (tmp_path / "out").read_bytes() == b"hello"


class NoLocks:
    """A file system that knows no locks."""

    LOCK_EX = LOCK_NB = 0

    @staticmethod
    def flock(descriptor, how):
        raise OSError(38, "Function not implemented")


def test_without_locks_nobody_is_taken_for_dead(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "fcntl", NoLocks)
    with replaced(tmp_path / "a") as file:
        file.write(b"a")
        write_atomically(tmp_path / "b", b"b")
    assert names(tmp_path) == ["a", "b"]


def test_a_living_writer_is_left_alone_and_a_dead_one_cleared_away(tmp_path):
    with replaced(tmp_path / "a") as file:
        file.write(b"a")
        write_atomically(tmp_path / "b", b"b")
    assert names(tmp_path) == ["a", "b"]
    child = os.fork()
    if not child:
        with replaced(tmp_path / "c") as file:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(names(tmp_path)) == 3, "a temporary file was left"
    write_atomically(tmp_path / "b", b"b")
    assert names(tmp_path) == ["a", "b"]


def test_a_pipe_among_the_temporary_files_makes_nobody_wait(tmp_path):
    os.mkfifo(tmp_path / ".clearprop-0.tmp")
    writer = threading.Thread(target=write_atomically, args=(tmp_path / "a", b"a"), daemon=True)
    writer.start()
    writer.join(20)
    assert not writer.is_alive()
    assert (tmp_path / "a").read_bytes() == b"a"


@pytest.mark.parametrize("name", ["n" * 250, "n" * 255, os.fsdecode(b"caf\xe9"), "[red]", "a\nb"])
def test_names_of_any_bytes_and_length(name, tmp_path):
    write_atomically(tmp_path / name, b"x")
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["n" * 256, "a\0b", "no/such/folder/x"])
def test_names_that_no_file_can_have(name, tmp_path):
    with pytest.raises(FileError, match="cannot write"):
        write_atomically(f"{tmp_path}/{name}", b"x")
    assert names(tmp_path) == []


def test_the_mode_is_what_the_umask_leaves_and_is_kept(tmp_path):
    script = "import sys; from clearprop.files import write_atomically; write_atomically(sys.argv[1], b'x')"
    path = tmp_path / "a"
    subprocess.run(["sh", "-c", 'umask 027; exec "$0" -c "$1" "$2"', sys.executable, script, path], check=True)
    assert path.stat().st_mode & 0o777 == 0o640
    path.chmod(0o604)
    write_atomically(path, b"y")
    assert path.stat().st_mode & 0o777 == 0o604


def test_the_second_training_is_told_of_the_first(tmp_path):
    again = (
        f"from clearprop.files import claimed\nfrom pathlib import Path\nwith claimed(Path({str(tmp_path)!r})): pass"
    )
    with claimed(tmp_path):
        second = subprocess.run([sys.executable, "-c", again], capture_output=True, text=True)
    assert second.returncode == 1
    assert f"is being written to by another training, process {os.getpid()};" in second.stderr
    assert names(tmp_path) == []


def test_inputs_by_other_names(tmp_path):
    (tmp_path / "t").write_bytes(b"x")
    os.link(tmp_path / "t", tmp_path / "hard")
    (tmp_path / "soft").symlink_to("t")
    for name in ("t", "hard", "soft", "../" + tmp_path.name + "/t"):
        with pytest.raises(FileError, match="is read by this very command"):
            refuse_overwriting([tmp_path / name], [tmp_path / "t"])
    refuse_overwriting([tmp_path / "new", "/dev/stdout"], [tmp_path / "t", "demo:iris", "n" * 300, "a\0b"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links and pipes of POSIX")
@pytest.mark.parametrize("kind", ["link", "hard link", "pipe", "text"])
def test_what_is_no_lock_is_neither_followed_nor_written_to(kind, tmp_path):
    thesis, lock = tmp_path / "thesis.txt", tmp_path / files.LOCK
    thesis.write_text("years of work")
    make = {"link": lambda: lock.symlink_to(thesis), "hard link": lambda: lock.hardlink_to(thesis)}
    make |= {"pipe": lambda: os.mkfifo(lock), "text": lambda: lock.write_text("a,b\n1,2\n")}
    make[kind]()
    with pytest.raises(FileError, match="is no lock of a training"), claimed(tmp_path):
        pass
    assert thesis.read_text() == "years of work"
    assert kind != "text" or lock.read_text() == "a,b\n1,2\n"


def test_the_lock_of_a_dead_training_is_taken(tmp_path):
    (tmp_path / files.LOCK).write_text("4711\n")
    with claimed(tmp_path):
        assert (tmp_path / files.LOCK).read_text() == f"{os.getpid()}\n"
    assert not (tmp_path / files.LOCK).exists()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no names of open files")
@pytest.mark.parametrize("by", ["/dev/fd/{}", "/proc/self/fd/{}", "link"])
def test_what_is_open_is_written_to_where_it_stands(by, tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"head\n")
    with log.open("ab") as file:
        name = by.format(file.fileno())
        if by == "link":
            name = tmp_path / "link"
            name.symlink_to(f"/dev/fd/{file.fileno()}")
        write_atomically(name, b"middle\n")
        file.write(b"tail\n")
    assert log.read_bytes() == b"head\nmiddle\ntail\n"
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "link") == ["log"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_be_written_but_not_listed(tmp_path):
    tmp_path.chmod(0o333)
    write_atomically(tmp_path / "f", b"1")
    tmp_path.chmod(0o755)
    assert (tmp_path / "f").read_bytes() == b"1"
