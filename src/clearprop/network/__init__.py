"""The faces people hold: `Network`, and the textbook layers that compute at once."""

from clearprop.network.network import Network, ensemble_of, network_from
from clearprop.network.parameters import Parameters
from clearprop.network.start import standardised_start
from clearprop.network.together import fit_together

__all__ = ["Network", "Parameters", "ensemble_of", "fit_together", "network_from", "standardised_start"]
