"""How files are written and read: whole or not at all, never over their own input, never mixed with another's.

A file is written beside its place under a name of its own, synced, and renamed; then the folder is synced. So a
reader, a crash or a loss of power meets the old content or the new. What a rename cannot keep is not kept: hard links
to the old file go on naming the old content, and owner and attributes are those of a new file. The mode is kept.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from clearprop.errors import ClearpropError, DTypeError, FileError, ModelFileError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

StrPath = str | os.PathLike[str]

_BESIDE = ".clearprop-"  # begins the name of every temporary file; short, so that any name has room beside it
LOCK = ".clearprop.lock"  # in the folder that a training writes to
_OPEN_FILES = re.compile(r"/proc/self(/task/\d+)?/fd|/dev/fd")
_MOST_LINKS = 40
_LONGEST_LOCK = 20  # a process number and the end of a line


def checked_path(path: StrPath | bytes) -> str:
    """A path as text, in whatever form it was given.

    Raises:
        DTypeError: if it is none.

    Example:
        >>> checked_path(b"model"), checked_path(Path("model"))
        ('model', 'model')
    """
    try:
        return os.fsdecode(path)
    except TypeError:
        raise DTypeError(f"a path of type {type(path).__name__}", "text, bytes or a Path") from None


def require_a_name(path: StrPath) -> None:
    """Raise the system's error for a path with a zero character, of which Python makes a ValueError."""
    if "\0" in str(path):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def read_at_most(most: int, path: StrPath | bytes, wanted: str) -> bytes:
    """The content of a file, which is not read if it has more bytes.

    Args:
        most: bytes.
        path: of the file.
        wanted: what it should be, in words.

    Raises:
        FileError: if it cannot be read.
        ModelFileError: if it has more bytes.
    """
    name = checked_path(path)
    try:
        require_a_name(name)
        size = Path(name).stat().st_size
        if size > most:
            raise ModelFileError(f"{name} has {size:,} bytes", f"{wanted}, of at most {most:,}")
        return Path(name).read_bytes()
    except OSError as error:
        raise FileError(f"cannot read {name}: {error.strerror or error}", wanted) from None


# --- writing


@contextmanager
def replaced(path: StrPath) -> Iterator[BinaryIO]:
    """A file to write to that takes its place when the block ends without an error, and leaves no trace otherwise.

    Through a link, the file it points to is written; a device, a pipe or what is open already (/dev/stdout, whatever it
    leads to) is written to directly.

    Raises:
        FileError: if the place cannot be written to.
    """
    path = checked_path(path)
    try:
        with _opened(path) as file:
            yield file
    except (FileError, BrokenPipeError):
        raise
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise FileError(f"cannot write {path}: {reason}", "a path in a folder that exists and can be written") from None


def _opened(path: StrPath) -> AbstractContextManager[BinaryIO]:
    require_a_name(path)
    number = _descriptor(path)
    if number is not None:
        return os.fdopen(os.dup(number), "wb")
    target = _target(path)
    return target.open("wb") if _is_device(target) else _beside(target)


def _descriptor(path: StrPath) -> int | None:
    """The number of an open file by one of its names, /dev/stdout and /dev/fd/1: whatever it leads to stays open."""
    at = Path(path).absolute()
    for _ in range(_MOST_LINKS):
        folder = os.path.realpath(at.parent)
        if _OPEN_FILES.fullmatch(folder.replace(f"/proc/{os.getpid()}/", "/proc/self/")) and at.name.isdecimal():
            return int(at.name)
        if not at.is_symlink():
            return None
        at = Path(folder) / at.readlink()
    return None


def _target(path: StrPath) -> Path:
    """The file that a path leads to, through links; a device or a pipe by the path itself.

    What /dev/stdout leads to has no name of its own if it is a pipe.
    """
    if _is_device(Path(path)):
        return Path(path)
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return target


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def write_atomically(path: StrPath, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new; see `replaced`.

    Raises:
        FileError: if the place cannot be written to.
    """
    with replaced(path) as file:
        file.write(content)


@contextmanager
def _beside(target: Path) -> Iterator[BinaryIO]:
    """A new file in the folder of the target that replaces it in the end."""
    _sweep(target.parent)
    descriptor, temporary = _create(target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if target.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode) & 0o777)
            yield file
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(target)  # still locked: nobody takes it for a stale one
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _create(folder: Path) -> tuple[int, Path]:
    """A file that is new, of the mode that the umask leaves, and locked for as long as its writer lives."""
    while True:
        path = folder / f"{_BESIDE}{secrets.token_hex(8)}.tmp"
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
            if _lock(descriptor) and _is_at(descriptor, path):
                return descriptor, path
            os.close(descriptor)  # taken for a stale one in the moment before it was locked


def _sweep(folder: Path) -> None:
    """Remove temporary files whose writers died: those that nobody holds a lock on."""
    if fcntl is None or not os.access(folder, os.R_OK):
        return
    with os.scandir(folder) as entries:
        left = [Path(e.path) for e in entries if e.name.startswith(_BESIDE) and e.name.endswith(".tmp")]
    for path in left:
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if _lock(descriptor, without=False) and _is_at(descriptor, path):
                    path.unlink()
            finally:
                os.close(descriptor)


def _lock(descriptor: int, without: bool = True) -> bool:
    """Lock an open file for this process; False if another one has it, `without` where there are no locks."""
    if fcntl is None:
        return without
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return without
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is still the one of this name."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder outlast a loss of power, where the system can."""
    if not hasattr(os, "O_DIRECTORY") or not os.access(folder, os.R_OK):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # not every file system syncs folders
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- one writer to a folder, and never over what is read


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep other trainings out of a folder for as long as the block runs.

    Raises:
        FileError: if another process has claimed it, or if it cannot be written to.
    """
    path = folder / LOCK
    try:
        descriptor = _claim(path)
    except FileError:  # which is an OSError, too
        raise
    except OSError as error:
        raise FileError(f"cannot write to {folder}: {error.strerror}", "a folder that can be written") from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _claim(path: Path) -> int:
    """The lock's file, open, locked, and with the number of this process in it."""
    while True:
        descriptor = _open_lock(path)
        if not _lock(descriptor):
            pid = os.read(descriptor, 20).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise FileError(
                f"{path.parent} is being written to by another training{f', process {pid}' if pid.isdigit() else ''}",
                "a folder of its own for each training",
                "wait for it, or name another folder with --out",
            )
        if _is_at(descriptor, path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
            return descriptor
        os.close(descriptor)  # its holder has just left, and removed it


def _open_lock(path: Path) -> int:
    """Open the file of a lock, made if need be; never another's file, nor what a link leads to.

    Raises:
        FileError: if what is there is no lock.
    """
    flags = ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK")
    other = FileError(f"{path} is no lock of a training", "a folder without such a file", "remove it, or rename it")
    if path.is_symlink():
        raise other
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | sum(getattr(os, flag, 0) for flag in flags), 0o666)
    found = os.fstat(descriptor)
    ours = stat.S_ISREG(found.st_mode) and found.st_nlink <= 1 and found.st_size <= _LONGEST_LOCK
    content = os.pread(descriptor, _LONGEST_LOCK, 0) if ours and hasattr(os, "pread") else b""
    if not ours or content.strip(b"0123456789\n"):
        os.close(descriptor)
        raise other
    return descriptor


def refuse_overwriting(outputs: Iterable[StrPath], inputs: Iterable[StrPath]) -> None:
    """Check that nothing that is read is written over, by whatever name or link.

    Raises:
        FileError: naming the first file that would be.
    """
    read = [path for path in inputs if _exists(path)]
    for output in outputs:
        for path in read:
            if _same(output, path):
                raise FileError(
                    f"{output} is read by this very command{'' if str(output) == str(path) else f' as {path}'}",
                    "another file to write to",
                )


def _exists(path: StrPath) -> bool:
    """Whether there is such a file; a name that none can have is left to whoever reads it."""
    try:
        Path(path).stat()
    except (OSError, ValueError):
        return False
    return True


def _same(a: StrPath, b: StrPath) -> bool:
    if os.path.realpath(a) == os.path.realpath(b):
        return Path(b).is_file()
    return Path(a).is_file() and Path(a).samefile(b)


# --- reading


@contextmanager
def unchanged(path: StrPath) -> Iterator[None]:
    """Check that a file that is read in the block, perhaps in several goes, is one and the same until its end.

    Raises:
        FileError: if it was written to or replaced meanwhile, whatever error that has led to.

    Example:
        >>> with unchanged(__file__):
        ...     size = len(Path(__file__).read_bytes())
    """
    before = _state(path)
    try:
        yield
    except ClearpropError:
        _require_same(path, before)
        raise
    _require_same(path, before)


def _state(path: StrPath) -> tuple[int, ...] | None:
    """What changes when a file does; None if there is none, or if it is a device or a pipe."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _require_same(path: StrPath, before: tuple[int, ...] | None) -> None:
    if before != _state(path):
        raise FileError(f"{path} changed while it was read", "a file that nobody writes to", "read it again")
