"""Where the built module lies, and what the tools for ELF files say about it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from clearprop.execute import native


def built_module() -> Path:
    """The module that is imported here; skips where there is none that was built for release."""
    if native._native is None:
        pytest.skip("the native machine was not built")
    path = Path(native._native.__file__)
    content = path.read_bytes()
    if content[:4] != b"\x7fELF":
        pytest.skip("no ELF file")
    if b"__asan_init" in content or b"__tsan_init" in content:
        pytest.skip("built with a sanitizer")
    return path


def told(*command: str | Path) -> str:
    """What a tool prints; skips where it is missing."""
    if not shutil.which(str(command[0])):
        pytest.skip(f"{command[0]} is missing (binutils)")
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout
