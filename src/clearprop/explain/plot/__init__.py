"""`cp.plot`: functions, answers and trainings as plots. Each call returns a picture."""

from clearprop.explain.plot.boundaries import boundary
from clearprop.explain.plot.functions import activation

__all__ = ["activation", "boundary"]
