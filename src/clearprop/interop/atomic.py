"""Files are written beside their place and renamed: there is the old file or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from clearprop.errors import FileError


@contextmanager
def replaced(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write to that takes its place when the block ends without an error, and leaves no trace otherwise.

    Through a link, the file it points to is written; a device or a pipe such as /dev/stdout is written to directly.

    Raises:
        FileError: if the place cannot be written to.
    """
    target = Path(path)
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("wb") as file:
                yield file
            return
        target = Path(os.path.realpath(target))
        if target.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except (FileError, BrokenPipeError):
        raise
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise FileError(f"cannot write {path}: {reason}", "a path in a folder that exists and can be written") from None


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new; see `replaced`.

    Raises:
        FileError: if the place cannot be written to.
    """
    with replaced(path) as file:
        file.write(content)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
