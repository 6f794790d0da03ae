"""How the time of a step grows with width, depth and batch size, beside the bare products and PyTorch.

python benchmarks/growth.py [--quick]     writes benchmarks/results/growth.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib
from timing import interleaved

import peers

matplotlib.use("Agg")
import matplotlib.pyplot as plt

RESULTS = Path(__file__).parent / "results"
AXES = {
    "width": ([16, 32, 64, 128, 256, 512, 1024, 2048, 4096], lambda n: ([n, n, n, 10], 128)),
    "hidden layers": ([1, 2, 3, 4, 6, 8], lambda n: ([128, *[128] * n, 10], 128)),
    "batch size": ([8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096], lambda n: ([64, 128, 128, 10], n)),
}


def measure(quick=False):
    """axis → contestant → medians in µs."""
    found = {}
    for axis, (numbers, shape) in AXES.items():
        numbers = numbers[:: 3 if quick else 1]
        curves = {"clearprop": [], "products alone (NumPy)": [], "PyTorch": []}
        for n in numbers:
            sizes, batch = shape(n)
            work = peers.flops(sizes, batch)
            made = {
                "clearprop": peers.clearprop_fit(
                    sizes, batch, None, 16 if work > 1e9 else 64, max(1, int(2e9 / work / 64))
                ),
                "products alone (NumPy)": peers.numpy_products(sizes, batch),
            }
            try:
                made["PyTorch"] = peers.torch_step(sizes, batch)
            except ImportError:
                del curves["PyTorch"]
            for name, timing in interleaved(made, 0.5 if quick else 2.0).items():
                curves[name].append(timing.median * 1e6)
        found[axis] = (numbers, curves)
    return found


def draw(found, path=RESULTS / "growth.png"):
    """Three panels, both axes logarithmic."""
    figure, panels = plt.subplots(1, len(found), figsize=(13, 4.2), sharey=True)
    colours = {"clearprop": "#0b6e4f", "products alone (NumPy)": "#8d99ae", "PyTorch": "#d1495b"}
    for panel, (axis, (numbers, curves)) in zip(panels, found.items(), strict=True):
        for name, values in curves.items():
            style = "--" if "alone" in name else "-"
            panel.loglog(numbers, values, style, marker="o", ms=4, color=colours[name], label=name)
        panel.set_xticks(numbers, [str(n) for n in numbers], rotation=45)
        panel.minorticks_off()
        panel.set_xlabel(axis)
        panel.grid(True, alpha=0.3)
    panels[0].set_ylabel("µs per training step")
    panels[0].legend(frameon=False)
    panels[0].set_title("w-w-w-10, batch 128")
    panels[1].set_title("128-…-10, batch 128")
    panels[2].set_title("64-128-128-10")
    figure.suptitle("Time of a training step (Adam, float32, 2 cores)")
    figure.tight_layout()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    draw(measure("--quick" in sys.argv))
    print(f"wrote {RESULTS / 'growth.png'}")
