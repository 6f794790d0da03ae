"""Plan to numbers."""

from clearprop.arrays import as_array
from clearprop.execute.batches import Batches, Outcome
from clearprop.execute.default import default_executor, executor_in_words, executors
from clearprop.execute.evaluate import as_value, bind, evaluate
from clearprop.execute.executor import Executor, Program, Session, StepTimes
from clearprop.execute.native import Native, ceiling, instruction_sets
from clearprop.execute.philox import permutation
from clearprop.execute.reference import Array
from clearprop.execute.reference_executor import Reference
from clearprop.execute.threads import available
from clearprop.execute.together import Steps, run_together
from clearprop.execute.validation import CHUNK, HeldOut, Validation, improves

__all__ = [
    "CHUNK",
    "Array",
    "Batches",
    "Executor",
    "HeldOut",
    "Native",
    "Outcome",
    "Program",
    "Reference",
    "Session",
    "StepTimes",
    "Steps",
    "Validation",
    "as_array",
    "as_value",
    "available",
    "bind",
    "ceiling",
    "default_executor",
    "evaluate",
    "executor_in_words",
    "executors",
    "improves",
    "instruction_sets",
    "permutation",
    "run_together",
]
