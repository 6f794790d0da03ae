"""Pages and pictures as files: written beside their place and renamed, so that there is never half of one."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from clearprop.errors import FileError


def write_beside(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new.

    Raises:
        FileError: if the place cannot be written to.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(content)
                file.close()
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(file.name).unlink()
                raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileError(f"cannot write {path}: {reason}", "a path in a folder that exists and can be written") from None
