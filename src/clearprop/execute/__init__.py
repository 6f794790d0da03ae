"""Plan to numbers."""

from clearprop.execute.evaluate import as_value, bind, evaluate
from clearprop.execute.executor import Executor, Program, Reference
from clearprop.execute.philox import permutation
from clearprop.execute.reference import Array

__all__ = ["Array", "Executor", "Program", "Reference", "as_value", "bind", "evaluate", "permutation"]
