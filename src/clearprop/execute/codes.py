"""The machine's vocabulary. Codes follow native/program.hpp, in the same order."""

from __future__ import annotations

_CODES = """
product_nn product_tn chain sum_columns max_columns sum_rows max_rows softmax log_softmax
softmax_cross_entropy softmax_cross_entropy_labels gather gather_labels transpose slice_columns slice_rows
paste_columns paste_rows take_rows scatter_rows copy
"""
_OPS = """
copy add subtract multiply divide maximum minimum greater where reciprocal power square exp log expm1 log1p sqrt
sin cos erf abs sign sigmoid tanh relu gate sigmoid_cross_entropy
descend decay accelerate average average_square scaled_descend adam_descend
"""
CODES = {name: i for i, name in enumerate(_CODES.split())}
OPS = {name: i for i, name in enumerate(_OPS.split())}
UPDATES = frozenset(["descend", "decay", "accelerate", "average", "average_square", "scaled_descend", "adam_descend"])
SAME = {"identity": "copy", "stop_gradient": "copy", "cast": "copy"}
ELEMENTWISE = frozenset(OPS) - {"copy", "square"} | frozenset(SAME)
KERNELS = ELEMENTWISE | {
    *("variable", "constant", "size", "uniform", "broadcast", "one_hot"),
    *("matmul", "affine", "sum", "max", "softmax", "log_softmax", "softmax_cross_entropy"),
    *("transpose", "slice", "concat", "take_rows", "scatter_rows"),
}
DOMAINS = {"rows": 0, "tiles": 1, "single": 2}
MAX_REGISTERS, MAX_SCRATCH = 96, 24  # of one chain
