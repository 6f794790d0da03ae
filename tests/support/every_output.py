"""Every kind of output that a user can get, each as a file: proof that a change of the code loses nothing.

    python tests/support/every_output.py OUT [--only PATTERN]...

run before the change and after it, by an environment in which clearprop is installed, and then

    python tests/support/compare_outputs.py BEFORE AFTER

The outputs are the public names with their signatures, the command line (every command with every option at least once,
the files that it writes), and what Python shows: explanations, pages, pictures, checks, diagnoses. What changes from
run to run is masked: seconds, the version, the machine. A part that fails leaves its error as its output. What lies in
OUT already is made anew, and left alone where PATTERN (`explain/*`, as in a shell) does not match its name.
"""

from __future__ import annotations

import os

os.environ |= {"CLEARPROP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
os.environ |= {"COLUMNS": "100", "LINES": "40", "TERM": "dumb", "NO_COLOR": "1"}

import argparse
import hashlib
import re
import shutil
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

Made = str | bytes | Mapping[str, "Made"]
Outputs = Iterator[tuple[str, Callable[[], Made]]]
ROOT = Path(__file__).parents[2]
_NUMBER = r"\d[\d.,]*(?:e[+-]?\d+)?"
_UNITS = r"(?:seconds?|minutes?|min|ms|µs|ns|s|h|GB/s|GFLOP/s|GFLOPS|秒|毫秒|分钟)"
_MASKED = [
    (re.compile(rf"(?<![\w.]){_NUMBER}(\s?){_UNITS}(?![\w/])"), r"#\1s"),
    (re.compile(rf'("[a-z_]*seconds[a-z_]*": ?){_NUMBER}'), r"\1#"),
    (re.compile(r'("[a-z_]*seconds[a-z_]*": ?)\[[^\]]*\]'), r"\1[#]"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x#"),
    (re.compile(r" +$", re.MULTILINE), ""),  # the terminal fills its lines, after what is masked too
]


def main() -> None:
    """Make the outputs that are asked for, and say how many failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the outputs")
    parser.add_argument("--only", action="append", metavar="PATTERN", help="outputs to make, such as 'explain/*'")
    parser.add_argument("--times", action="store_true", help="print the seconds of each output")
    asked = parser.parse_args()
    began, failed, made = time.perf_counter(), [], 0
    out = asked.out.resolve()
    with tempfile.TemporaryDirectory(prefix="every-output-") as folder:
        mask = Mask(Path(folder).resolve())
        os.chdir(folder)
        for name, make in every_output():
            if asked.only and not any(fnmatch(name, f"{pattern}*") for pattern in asked.only):
                continue
            start = time.perf_counter()
            try:
                result = make()
            except (Exception, SystemExit) as error:
                failed.append(name)
                result = {"error": f"{type(error).__name__}: {error}"}
                if asked.times:
                    traceback.print_exc()
            shutil.rmtree(out / name, ignore_errors=True)
            made += written(out / name, result, mask)
            if asked.times:
                print(f"{time.perf_counter() - start:7.2f} s  {name}", flush=True)
    seconds = time.perf_counter() - began
    print(f"{made} files in {asked.out}, {seconds:.0f} s; {len(failed)} outputs failed: {', '.join(failed) or '-'}")


def every_output() -> Outputs:
    """Name → what makes it, all of them."""
    import outputs_of_commands
    import outputs_of_graphs
    import outputs_of_python

    yield from outputs_of_python.names()
    yield from outputs_of_commands.outputs()
    yield from outputs_of_python.outputs()
    yield from outputs_of_graphs.outputs()


class Mask:
    """Hides in a text what differs from run to run."""

    def __init__(self, folder: Path) -> None:
        import clearprop
        from clearprop.execute import executor_in_words

        hidden = {
            str(folder): "FOLDER",
            str(ROOT): "ROOT",
            clearprop.__version__: "VERSION",
            executor_in_words(): "EXECUTOR",
        }
        self.hidden = {**hidden, time.strftime("%Y-%m-%d"): "TODAY"}

    def __call__(self, text: str) -> str:
        """The text without them."""
        for found, name in self.hidden.items():
            text = text.replace(found, name)
        for pattern, name in _MASKED:
            text = pattern.sub(name, text)
        return text


def written(path: Path, made: Made, mask: Mask) -> int:
    """Write an output, or a folder of them; how many files that were."""
    if isinstance(made, Mapping):
        return sum(written(path / name, part, mask) for name, part in made.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.suffix:
        path = path.with_name(f"{path.name}.txt")
    if isinstance(made, bytes):
        path, made = path.with_name(f"{path.name}.txt"), digest(made)
    path.write_text(mask(made), encoding="utf-8")
    return 1


def attempt(make: Callable[[], Any]) -> Any:
    """What is made, or the error that says why not."""
    try:
        return make()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def numbers(values: Mapping[str, Any]) -> str:
    """Arrays and numbers by name, to the last digit."""
    import numpy as np

    return "".join(f"{name} {np.asarray(value).tolist()}\n" for name, value in values.items())


def digest(data: bytes) -> str:
    """Length and hash of bytes, and of a PNG its size."""
    size = " {}x{} pixels".format(*struct.unpack(">II", data[16:24])) if data.startswith(b"\x89PNG") else ""
    return f"{len(data)} bytes{size}\nsha256 {hashlib.sha256(data).hexdigest()}\n"


if __name__ == "__main__":
    sys.modules["every_output"] = sys.modules["__main__"]
    main()
