"""What one processor says: prints one JSON line for `older.py`, which compares it with the other processors'.

python tests/processors/probe.py fit | train FOLDER | graphs NUMBER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def fit() -> dict[str, object]:
    """Train one network on every instruction set that is here, and on the reference."""
    import clearprop as cp
    from clearprop.execute import Native, Reference, instruction_sets
    from clearprop.execute.default import default_executor, executor_in_words

    rng = np.random.default_rng(0)
    X = rng.normal(size=(96, 5)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(np.float32)

    def losses(executor: object) -> list[float]:
        net = cp.Network(
            5, [cp.Dense(33, "tanh"), cp.Dense(17, "relu"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=0
        )
        return net.fit(X, y, optimizer=cp.Adam(0.01), epochs=8, batch_size=32, executor=executor).loss

    made = {isa: losses(Native(isa=isa)) for isa in instruction_sets()}
    return {
        "package": str(Path(cp.__file__).parent),
        "executor": executor_in_words(default_executor()),
        "losses": {**made, "reference": losses(Reference())},
    }


def train(folder: Path) -> dict[str, object]:
    """`clearprop train` on a small table, in this process."""
    from clearprop.app.cli import main

    rng = np.random.default_rng(0)
    rows = [f"{a:.4f},{b:.4f},{'yes' if a + b > 1 else 'no'}" for a, b in rng.uniform(size=(200, 2))]
    table = folder / "table.csv"
    table.write_text("\n".join(["a,b,kind", *rows]) + "\n")
    sys.argv = ["clearprop", "train", str(table), "--target", "kind", "--preset", "single"]
    sys.argv += ["--epochs", "5", "--quiet", "--out", str(folder)]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    told = json.loads((folder / "summary.json").read_text())
    return {"executor": told["executor"], "log_loss": told["parts"]["test"]["scores"]["log_loss"]}


def graphs(number: int) -> dict[str, object]:
    """Random graphs of every op, on the instruction sets in turn, held to the reference: an error if one is wrong."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    from clearprop.execute import instruction_sets
    from native_equals import check

    np.seterr(all="ignore")
    sets = instruction_sets()
    for seed in range(number):
        check(seed, sets[seed % len(sets)])
    return {"right": number}


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    print(json.dumps(fit() if what == "fit" else train(Path(*given)) if what == "train" else graphs(int(*given))))
