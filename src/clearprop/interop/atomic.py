"""Files are written beside their place and renamed: there is the old file or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from clearprop.errors import FileError


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new.

    Through a link, the file it points to is written; a device or a pipe such as /dev/stdout is written to directly.

    Raises:
        FileError: if the place cannot be written to.
    """
    target = Path(path)
    temporary = None
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(content)
            return
        target = Path(os.path.realpath(target))
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or error.__class__.__name__
        raise FileError(f"cannot write {path}: {reason}", "a path in a folder that exists and can be written") from None
    except BaseException:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
