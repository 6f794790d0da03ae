"""The faces people hold: `Network`, and the textbook layers that compute at once."""

from clearprop.network.network import Network, network_from
from clearprop.network.parameters import Parameters
from clearprop.network.persistence import header_of

__all__ = ["Network", "Parameters", "header_of", "network_from"]
