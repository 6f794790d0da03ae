"""Faults planted into a copy of the package, and after how many random graphs each is found.

    python tests/execute/planted_faults.py

Every fault is one line that reads well. Those in Python are planted into a copy of the sources beside the machine that
is installed; those in C++ are built. A fault that is not found within 5,000 graphs is a hole in the generator.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 5000


@dataclass(frozen=True)
class Fault:
    """A line, and what stands there instead."""

    name: str
    file: str
    right: str
    wrong: str


FAULTS = [
    Fault(
        "a bias per row taken for one per column",
        "src/clearprop/execute/takes.py",
        "return W.type.rank == 2 and not _one_per_sample(x)",
        "return not _one_per_sample(x)",
    ),
    Fault(
        "a column read as a row: a view loses its shape",
        "src/clearprop/plan/join.py",
        "return operand.value if self.values[operand.value].type.shape == self.values[v].type.shape else v",
        "return operand.value",
    ),
    Fault(
        "a broadcast of a broadcast",
        "src/clearprop/plan/join.py",
        "if operand_of(v, self.values, self.makers) is None:",
        "if False:",
    ),
    Fault(
        "alias: new state over old while another step still reads it",
        "src/clearprop/plan/state.py",
        "plan.steps[i].phase >= step.phase for i in readers.get(old, [])",
        "plan.steps[i].phase > step.phase for i in readers.get(old, [])",
    ),
    Fault(
        "alias: a buffer given away while a step by tiles reads it",
        "src/clearprop/plan/place.py",
        'return all(s.domain == "rows" for s in (step, *readers) if s.phase == step.phase)',
        'return step.domain == "rows"',
    ),
    Fault(
        "phase: no meeting before what all threads made",
        "src/clearprop/plan/phases.py",
        'phase = max(phase, made if how == domain != "tiles" else made + 1)',
        'phase = max(phase, made if domain != "tiles" else made + 1)',
    ),
    Fault(
        "the old state reported after the new one has replaced it",
        "src/clearprop/plan/join.py",
        "old = operand is not None and (operand.value in self._stored or operand.mode == CONSTANT)",
        "old = operand is not None and operand.mode == CONSTANT",
    ),
    Fault(
        "lane: the last number of a partial vector is left out",
        "native/chain.hpp",
        "if (left) store_part(to + i, f(load_part(x + i, left), load_part(y + i, left)), left);",
        "if (left) store_part(to + i, f(load_part(x + i, left), load_part(y + i, left)), left > 2 ? left - 1 : left);",
    ),
    Fault(
        "a thread late for the last step leaves it out",
        "native/train.cpp",
        "if (epoch * call.per_epoch + batch > call.last_step.load(std::memory_order_relaxed)) return;",
        "if (call.stop) return;",
    ),
]

RUN = f"""
import sys, numpy as np
np.seterr(all="ignore")
import clearprop
assert clearprop.__file__.startswith({{path!r}}), clearprop.__file__
from native_equals import check
from clearprop.execute import instruction_sets
sets = instruction_sets()
for seed in range({MOST}):
    print(seed, flush=True)
    try:
        check(seed, sets[seed % len(sets)])
    except Exception as error:
        print("found", type(error).__name__, str(error).strip().splitlines()[-1][:100], flush=True)
        break
else:
    print("NOT found", flush=True)
"""


def plant(fault: Fault, folder: Path) -> Path:
    """A package with the fault in it; returns the folder to import it from."""
    copy = folder / "source"
    copy.mkdir()
    for name in ("src", "native"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    path = copy / fault.file
    text = path.read_text()
    assert text.count(fault.right) == 1, f"{fault.file} has no line {fault.right!r}"
    path.write_text(text.replace(fault.right, fault.wrong))
    if fault.file.startswith("native/"):
        target = folder / "built"
        build = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(copy)]
        subprocess.run(build, check=True, capture_output=True)
        return target
    from clearprop.execute import _native

    machine = Path(_native.__file__)
    shutil.copy(machine, copy / "src/clearprop/execute" / machine.name)
    return copy / "src"


def find(fault: Fault) -> str:
    """Run graphs until the fault shows; says after how many."""
    with tempfile.TemporaryDirectory(prefix="planted-") as name:
        path = plant(fault, Path(name).resolve())
        installed = [str(path), str(ROOT / "tests/support"), *(p for p in sys.path if p.endswith("-packages"))]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(installed)}
        command = [sys.executable, "-S", "-c", RUN.format(path=str(path))]  # -S: not the installed package
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as run:
            return _watch(run)


def _watch(run: subprocess.Popen[str]) -> str:
    """Read the seeds that a run names; one that takes more than a minute is taken for a hang."""
    assert run.stdout is not None
    last, told = "", "hung, or the process died"
    timer = threading.Timer(60, run.kill)
    timer.start()
    for line in map(str.strip, run.stdout):
        timer.cancel()
        if line.isdigit():
            last = line
            timer = threading.Timer(60, run.kill)
            timer.start()
        else:
            told = line
    timer.cancel()
    if not last:
        raise RuntimeError("the package with the fault could not be run at all")
    return f"after {int(last) + 1:,} graphs: {told}"


def main() -> None:
    """Plant each fault, or those whose names hold the words given."""
    words = sys.argv[1:]
    for fault in FAULTS:
        if not words or any(word in fault.name for word in words):
            print(f"{fault.name}: {find(fault)}", flush=True)


if __name__ == "__main__":
    main()
