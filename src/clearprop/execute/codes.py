"""The numbers of the native machine: steps of native/program.hpp and elementwise kernels of ops.def, in order."""

from __future__ import annotations

import re
from pathlib import Path

_CODES = """
product_nn product_tn chain sum_columns max_columns sum_rows max_rows softmax log_softmax
softmax_cross_entropy softmax_cross_entropy_labels gather gather_labels transpose slice_columns slice_rows
paste_columns paste_rows take_columns add_columns take_rows scatter_rows embed add_embedded copy
find_changes sums_of_blocks product_of_changes gradient_of_changes find_pieces sum_squares_rows
find_changes_of_rows
"""
_TABLE = re.findall(r"^(\w+)\((\w+)", (Path(__file__).parent / "ops.def").read_text(encoding="utf-8"), re.MULTILINE)
CODES = {name: i for i, name in enumerate(_CODES.split())}
OPS = {name: i for i, (_, name) in enumerate(_TABLE)}
UPDATES = frozenset(name for kind, name in _TABLE if kind == "UPDATE")
SAME = {"identity": "copy", "stop_gradient": "copy", "cast": "copy"}
ELEMENTWISE = frozenset(OPS) - {"copy", "square"} | frozenset(SAME)
KERNELS = ELEMENTWISE | {
    *("variable", "constant", "size", "uniform", "broadcast", "one_hot"),
    *("matmul", "affine", "sum", "max", "softmax", "log_softmax", "softmax_cross_entropy"),
    *(
        "transpose",
        "slice",
        "concat",
        "take_columns",
        "add_columns",
        "take_rows",
        "scatter_rows",
        "embed",
        "add_embedded",
    ),
}
DOMAINS = {"rows": 0, "tiles": 1, "single": 2}
MAX_REGISTERS, MAX_SCRATCH = 96, 24  # of one chain
