"""Peak memory of a process that trains 784-512-512-10 on 10,000 rows, and of one that only imports.

python benchmarks/memory.py
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from timing import table

TRAIN = "X, y = peers.data(S, 10_000)"
SCRIPTS = {
    "NumPy and the data alone": TRAIN,
    "clearprop": TRAIN + "; peers.network(S).fit(X, y, epochs=2, batch_size=128)",
    "PyTorch": TRAIN + "; c = peers.torch_step(S, 128); [c.run() for _ in range(80)]",
    "JAX": TRAIN + "; c = peers.jax_step(S, 128, 78); c.run()",
    "scikit-learn": TRAIN
    + "; from sklearn.neural_network import MLPClassifier as M"
    + "; M((512, 512), batch_size=128, max_iter=2).fit(X, y)",
}


def peak(script: str) -> float:
    """Megabytes that a process needed at most."""
    code = (
        "import warnings; warnings.simplefilter('ignore'); import peers; S = [784, 512, 512, 10]\n"
        f"{script}\n"
        "lines = open('/proc/self/status').read().splitlines()\n"
        "print(next(int(line.split()[1]) for line in lines if line.startswith('VmHWM')) / 1024)"
    )
    folder = Path(__file__).parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False)
    return float(done.stdout.split()[-1]) if done.returncode == 0 else float("nan")


def report() -> str:
    """Markdown."""
    return table([["process", "peak memory"], *([name, f"{peak(s):.0f} MB"] for name, s in SCRIPTS.items())])


if __name__ == "__main__":
    print(report())
