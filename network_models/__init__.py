"""What a network is: its elements and operation, files, validity, graph questions and changes."""

from network_models.changes import (
    BreakPipe,
    Change,
    CloseLink,
    LoseSource,
    ScaleDemand,
    SetStatus,
)
from network_models.formats.inp_write import write_inp
from network_models.network import Network
from network_models.problems import InputError, NetworkError, Problem
from network_models.read import read_network

__all__ = [
    "BreakPipe",
    "Change",
    "CloseLink",
    "InputError",
    "LoseSource",
    "Network",
    "NetworkError",
    "Problem",
    "ScaleDemand",
    "SetStatus",
    "read_network",
    "write_inp",
]
