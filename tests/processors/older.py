"""The wheel on older processors, in an emulator (qemu-user): import, kernels, training, and the command line.

    make older          build the wheel, install it into build/older, and run it on each processor

Prints a line for each processor: the executor it chose, its loss, and how far that is from this computer's. Ends with 1
if a processor chose another instruction set than it has, or a loss differs by more than rounding, or a test failed.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# float32 has ε = 1.2e-7; 24 steps of training carry the difference of two orders of summation on to about 5e-6.
TOLERANCE = 2e-5
TESTS = ["execute/test_philox.py", "execute/test_native.py"]
# Sums of thousands and batches of every size take minutes in an emulator, and tell no more about a processor; nor does
# another processor's turn with the same instruction set.
CHOSEN = "philox or products_of_every_width or many_epochs or order_of_rows or (same_bits and 203)"


@dataclass(frozen=True)
class Processor:
    """A processor by qemu's name: the best instruction set it has, the extra that Polars needs there, its tests."""

    name: str
    best: str
    polars: str = ""
    tests: str = CHOSEN


# Polars' usual wheel is compiled for AVX2; its package "polars[rtcompat]" brings one that is not.
PROCESSORS = [
    Processor("Nehalem", "baseline", "rtcompat"),
    Processor("Haswell", "avx2", tests=f"({CHOSEN}) and not baseline"),
    Processor("EPYC-Rome", "avx2", tests=""),
]
HOST = Processor("this computer", "")


def emulator() -> str:
    """Why there is no emulator here; empty if there is one. Under CI it is installed where that is allowed."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return f"the older processors are those of x86-64, this is {platform.machine()}"
    if not shutil.which("qemu-x86_64") and os.environ.get("CI") == "true" and hasattr(os, "geteuid"):
        if os.geteuid():
            return "qemu-x86_64 is missing, and only root may install it (Debian: qemu-user)"
        for command in ["update", "install --yes --no-install-recommends qemu-user"]:
            subprocess.run(["apt-get", "-qq", *command.split()], stdout=subprocess.DEVNULL, check=False)
    return "" if shutil.which("qemu-x86_64") else "qemu-x86_64 is missing (Debian: qemu-user)"


def run(processor: Processor, python: Path, *arguments: str, plain: bool = False) -> subprocess.CompletedProcess[str]:
    """Run Python on a processor; `plain` takes Polars' usual wheel even where the other one is there."""
    emulated = [] if processor is HOST else ["qemu-x86_64", "-cpu", processor.name]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CLEARPROP_", "PYTHON"))}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "MPLBACKEND": "agg"}
    environment["POLARS_FORCE_PKG"] = "compat" if processor.polars and not plain else "32"
    return subprocess.run([*emulated, str(python), *arguments], capture_output=True, text=True, env=environment)


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """The JSON line a probe printed.

    Raises:
        RuntimeError: if it printed none: a signal, or what it said at last.
    """
    if done.returncode:
        raise RuntimeError(f"ended with {done.returncode}: {' | '.join(done.stderr.strip().splitlines()[-3:])}")
    return json.loads(done.stdout.splitlines()[-1])


def apart(a: list[float], b: list[float]) -> float:
    """The largest relative difference of two lists; infinite where one is no number, which `max` would lose."""
    each = [abs(x - y) / abs(y) for x, y in zip(a, b, strict=True)]
    return math.inf if any(map(math.isnan, each)) else max(each)


def look(processor: Processor, python: Path, host: dict[str, dict]) -> tuple[list[str], list[str]]:
    """(lines, faults) of one processor."""
    lines, faults = [], []

    def say(what: str, fault: str = "") -> None:
        lines.append(f"{processor.name:14} {what}{'  FAILED: ' + fault if fault else ''}")
        faults.extend([f"{processor.name}: {fault}"] if fault else [])

    try:
        told = answer(run(processor, python, str(HERE / "probe.py"), "fit"))
        far = {isa: apart(losses, host["fit"]["losses"]["reference"]) for isa, losses in told["losses"].items()}
        say(
            f"fit: {told['executor']}; loss {told['losses'][processor.best][-1]:.7f}; sets {', '.join(far)}; "
            f"apart from this computer's reference by {max(far.values()):.1e}",
            "" if max(far.values()) <= TOLERANCE else f"more than {TOLERANCE:.0e}",
        )
        if f"({processor.best}," not in told["executor"]:
            say("executor", f"expected native on {processor.best}, got {told['executor']}")
    except RuntimeError as error:
        say("fit", str(error))
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = answer(run(processor, python, str(HERE / "probe.py"), "train", folder))
            far_off = apart([told["log_loss"]], [host["train"]["log_loss"]])
            say(
                f"clearprop train ({'polars[rtcompat]' if processor.polars else 'polars'}): {told['executor']}; "
                f"log loss {told['log_loss']:.7f}, apart by {far_off:.1e}",
                "" if far_off <= TOLERANCE else f"more than {TOLERANCE:.0e}",
            )
        except RuntimeError as error:
            say("clearprop train", str(error))
    if processor.polars:
        done = run(processor, python, "-m", "clearprop.app.cli", "train", "demo:moons", plain=True)
        told = done.returncode == 2 and f"polars[{processor.polars}]" in done.stderr
        say(f"polars without [{processor.polars}]: ends with {done.returncode}", "" if told else "not one line and 2")
    if processor.tests:
        done = run(processor, python, "-m", "pytest", "-q", *pytest_arguments(processor.tests))
        last = ((done.stdout or done.stderr).strip().splitlines() or ["nothing printed"])[-1]
        say(f"tests/execute: {last}", f"ended with {done.returncode}" if done.returncode else "")
    return lines, faults


def pytest_arguments(chosen: str) -> list[str]:
    """The tests run against the installed wheel: the project's own settings would put the sources first."""
    tests = ROOT / "tests"
    settings = f"-c {os.devnull} --import-mode=importlib --noconftest -p no:cacheprovider --rootdir"
    paths = f"pythonpath={tests} {tests / 'graph'} {tests / 'support'}"
    return [*settings.split(), str(tests), "-o", paths, "-k", chosen, *(str(tests / t) for t in TESTS)]


def main(python: Path) -> int:
    why = emulator()
    if why:
        print(f"SKIPPED: {why}")
        return 0
    began = os.times().elapsed
    host = {"fit": answer(run(HOST, python, str(HERE / "probe.py"), "fit"))}
    with tempfile.TemporaryDirectory() as folder:
        host["train"] = answer(run(HOST, python, str(HERE / "probe.py"), "train", folder))
    if ROOT / "src" in Path(host["fit"]["package"]).parents:
        raise RuntimeError("the sources were imported, not the wheel")
    best = next(iter(host["fit"]["losses"]))
    numpy = answer(run(HOST, python, "-c", NUMPY_NEEDS))
    print(f"{'this computer':14} {host['fit']['executor']}; loss {host['fit']['losses'][best][-1]:.7f}")
    print(f"NumPy {numpy['version']} needs {numpy['needs']}")
    faults = []
    with ThreadPoolExecutor(2) as pool:
        for lines, found in pool.map(lambda processor: look(processor, python, host), PROCESSORS):
            print("\n".join(lines), flush=True)
            faults += found
    spent = os.times()
    print(
        f"{spent.children_user + spent.children_system:.0f} s of processor time, {spent.elapsed - began:.0f} s in all"
    )
    print(f"{len(faults)} faults" if faults else f"every processor agrees within {TOLERANCE:.0e}")
    return 1 if faults else 0


NUMPY_NEEDS = """
import json, numpy
found = numpy.show_config(mode="dicts")["SIMD Extensions"]["baseline"]
print(json.dumps({"version": numpy.__version__, "needs": ", ".join(found)}))
"""

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
