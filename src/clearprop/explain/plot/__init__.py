"""`cp.plot`: functions, answers and trainings as plots. Each call returns a picture."""

from clearprop.explain.plot.boundaries import boundary
from clearprop.explain.plot.fits import fit
from clearprop.explain.plot.functions import activation
from clearprop.explain.plot.hidden import neurons
from clearprop.explain.plot.runs import losses
from clearprop.explain.plot.surface import loss_surface

__all__ = ["activation", "boundary", "fit", "loss_surface", "losses", "neurons"]


def __dir__() -> list[str]:
    """What `cp.plot.` completes to: the plots."""
    return __all__
