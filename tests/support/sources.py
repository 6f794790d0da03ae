"""Source code that was written, executed."""

from __future__ import annotations

import contextlib
import io


def executed(source: str) -> tuple[dict, list[float]]:
    """What the file defines, and the numbers that it prints."""
    file: dict = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, "written.py", "exec"), file)
    return file, [float(line) for line in printed.getvalue().split()]
