"""What two outages cut off together and neither does alone: a loop that is opened twice."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from network_models.network import Network
from network_models.topology import initially_closed, link_mask, supplied


def cut_together(net: Network, one: Collection[str], two: Collection[str]) -> tuple[str, ...]:
    """Nodes that lose their last source with both sets of links closed, and keep it with either.

    Links that the network does not have any more are left out.
    """
    closed = initially_closed(net)
    first = link_mask(net, {name for name in one if name in net.links})
    second = link_mask(net, {name for name in two if name in net.links})
    kept = supplied(net, closed | first) & supplied(net, closed | second)
    lost = kept & ~supplied(net, closed | first | second)
    return tuple(np.array(net.node_ids)[lost].tolist())
