"""The fused ops: each a record with its definition in simpler ops and, where that overflows, a stable form.

Importing the modules in this order registers simpler definitions before those that use them, which is the order in
which `simplify` looks for them.
"""

from clearprop.graph.fused import activations, layers, losses, updates  # isort: skip

__all__ = ["activations", "layers", "losses", "updates"]
