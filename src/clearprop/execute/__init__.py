"""Plan to numbers."""

from clearprop.arrays import as_array
from clearprop.execute.batches import Batches, Outcome
from clearprop.execute.default import default_executor, describe
from clearprop.execute.evaluate import as_value, bind, evaluate
from clearprop.execute.executor import Executor, Program, Reference
from clearprop.execute.native import Native, NativeProgram, ceiling, instruction_sets
from clearprop.execute.philox import permutation
from clearprop.execute.reference import Array
from clearprop.execute.threads import available

__all__ = [
    "Array",
    "Batches",
    "Executor",
    "Native",
    "NativeProgram",
    "Outcome",
    "Program",
    "Reference",
    "as_array",
    "as_value",
    "available",
    "bind",
    "ceiling",
    "default_executor",
    "describe",
    "evaluate",
    "instruction_sets",
    "permutation",
]
