"""How much `import clearprop` adds to importing NumPy: medians of fresh processes, interleaved."""

from __future__ import annotations

import statistics
import subprocess
import sys

CODE = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
RUNS = 15


def seconds(what):
    return float(subprocess.run([sys.executable, "-c", CODE.format(what)], capture_output=True, check=True).stdout)


def main():
    numpy, both, used = [], [], []
    for _ in range(RUNS):
        numpy.append(seconds("numpy"))
        both.append(seconds("numpy, clearprop"))
        used.append(seconds("numpy, clearprop; clearprop.Network"))
    base = statistics.median(numpy)
    print(f"import numpy                         {base:.3f} s  ({min(numpy):.3f} … {max(numpy):.3f})")
    for label, times in (("import clearprop", both), ("import clearprop; cp.Network", used)):
        added = statistics.median(times) - base
        print(f"{label:36s} {added:.3f} s more  ({min(times) - base:.3f} … {max(times) - base:.3f})")


if __name__ == "__main__":
    main()
