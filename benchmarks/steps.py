"""Time of a training step: clearprop beside PyTorch, JAX, scikit-learn and the bare matrix products of the step.

python benchmarks/steps.py [NAMES…] [--quick]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from timing import Contestant, interleaved, machine, table

import peers
from clearprop.execute import available, ceiling, instruction_sets

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no compiler processes that stay

NETWORKS = {
    "tiny": ([2, 4, 1], 32),
    "small": ([16, 32, 32, 2], 64),
    "tabular": ([64, 128, 128, 2], 256),
    "mnist": ([784, 512, 512, 10], 128),
    "wide": ([1024, 2048, 2048, 10], 512),
}
# What is asked: clearprop's time as a share of another's.
ASKED = {
    "tiny": {"JAX scan": 1 / 3, "PyTorch": 1 / 100},
    "small": {"JAX scan": 1 / 3, "PyTorch": 1 / 30},
    "tabular": {"products": 0.9, "PyTorch": 1 / 4},
    "mnist": {"products": 1.3, "PyTorch": 1 / 2},
    "wide": {"products": 1.15, "PyTorch": 1.0},
}


def contestants(sizes, batch, quick=False) -> dict[str, Contestant]:
    """Everyone who can be made here."""
    work = peers.flops(sizes, batch)
    batches = 16 if work > 1e9 else 32 if work > 1e7 else 200  # of a call: a tenth of a second, or 32 steps
    epochs = max(2, int(3e10 / (work * batches)) if work > 1e6 else int(8e4 / batches))
    makers: dict[str, Callable[[], Contestant]] = {
        "clearprop": lambda: peers.clearprop_fit(sizes, batch, None, batches, epochs),
        "clearprop, 1 thread": lambda: peers.clearprop_fit(sizes, batch, 1, batches, epochs),
        "PyTorch": lambda: peers.torch_step(sizes, batch),
        "PyTorch compiled": lambda: peers.torch_step(sizes, batch, compiled=True),
        "JAX step": lambda: peers.jax_step(sizes, batch),
        "JAX scan": lambda: peers.jax_step(sizes, batch, batches),
        "scikit-learn": lambda: peers.sklearn_step(sizes, batch),
        "products, PyTorch": lambda: peers.torch_products(sizes, batch),
        "products, NumPy": lambda: peers.numpy_products(sizes, batch),
    }
    if quick:
        del makers["PyTorch compiled"]
    made = {}
    for name, maker in makers.items():
        try:
            made[name] = maker()
            made[name].run()
        except Exception as error:  # not installed, or not working here
            made.pop(name, None)
            print(f"without {name}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:110])
    return made


def measure(names=tuple(NETWORKS), quick=False):
    """Timings by network and contestant."""
    results = {}
    for name in names:
        sizes, batch = NETWORKS[name]
        results[name] = interleaved(contestants(sizes, batch, quick), 3.0 if quick else 15.0)
        rivals = [t for who, t in results[name].items() if who.startswith("products")]
        if rivals:
            results[name]["products"] = min(rivals, key=lambda t: t.median)
    return results


def report(results) -> str:
    """Markdown: the times, then what was asked beside what was reached."""
    who = list(dict.fromkeys(w for timings in results.values() for w in timings if w != "products"))
    rows = [["step", *results]]
    rows += [[w, *(str(results[n].get(w, "—")) for n in results)] for w in who]
    ratios = [["network", "of", "asked ≤", "reached", ""]]
    for name, timings in results.items():
        for rival, asked in ASKED[name].items():
            if rival in timings:
                reached = timings["clearprop"].median / timings[rival].median
                verdict = "met" if reached <= asked else "MISSED"
                ratios.append([name, rival, f"{asked:.3f}", f"{reached:.3f}", verdict])
    return "\n\n".join([table(rows), table(ratios), _ceilings(results)])


def _ceilings(results) -> str:
    if not instruction_sets():
        return "No native machine here."
    one, all_ = ceiling(), ceiling(threads=available())
    rows = [["network", "2 threads against 1", "GFLOP/s", "of the ceiling", "GFLOP/s on 1", "of the ceiling"]]
    for name, timings in results.items():
        work = peers.flops(*NETWORKS[name])
        fast, single = timings["clearprop"].median, timings["clearprop, 1 thread"].median
        cells = [f"{single / fast:.2f} ×"]
        for speed, top in ((work / fast, all_), (work / single, one)):
            cells += [f"{speed / 1e9:.1f}", f"{speed / top:.0%}"]
        rows.append([name, *cells])
    note = (
        f"The ceiling is a register tile in L1: {one / 1e9:.0f} GFLOP/s on one core, {all_ / 1e9:.0f} on {available()}."
    )
    return f"{table(rows)}\n\n{note} FLOPs count the products only."


def split() -> str:
    """Markdown: where the time of a step goes, as `clearprop profile` has it, on all threads that the work is worth."""
    rows = [["network", "forward", "backward", "gradient and update", "rest", "waiting", "threads"]]
    for name, (sizes, batch) in NETWORKS.items():
        found = peers.network(sizes).profile(*peers.data(sizes, batch * 4), batch_size=batch, steps=20)
        parts = found.parts()
        shares = [f"{parts.get(row, 0.0) / found.seconds:.0%}" for row in rows[0][1:-1]]
        rows.append([name, *shares, str(found.threads)])
    return table(rows)


if __name__ == "__main__":
    chosen = [a for a in sys.argv[1:] if not a.startswith("-")] or list(NETWORKS)
    print(machine(), "\n")
    print(report(measure(chosen, "--quick" in sys.argv)))
