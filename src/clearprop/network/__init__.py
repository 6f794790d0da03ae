"""The faces people hold: `Network`, and the textbook layers that compute at once."""

from clearprop.network.network import Network, network_from
from clearprop.network.parameters import Parameters

__all__ = ["Network", "Parameters", "network_from"]
