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
from network_models.formats.native import read_native, write_native
from network_models.formats.valves_csv import read_valves, write_valves
from network_models.network import Network
from network_models.problems import InputError, NetworkError, Problem
from network_models.read import read_network
from network_models.validate import validate
from network_models.valve_placing import ValveRule, place_valves
from network_models.valves import IsolationValve

__all__ = [
    "BreakPipe",
    "Change",
    "CloseLink",
    "InputError",
    "IsolationValve",
    "LoseSource",
    "Network",
    "NetworkError",
    "Problem",
    "ScaleDemand",
    "SetStatus",
    "ValveRule",
    "place_valves",
    "read_native",
    "read_network",
    "read_valves",
    "validate",
    "write_inp",
    "write_native",
    "write_valves",
]
