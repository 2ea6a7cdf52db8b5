"""Writes files as pandapipes does: tables as JSON inside texts inside JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Rows = dict[Any, dict[str, Any]]
"""Rows of a table by their index."""


def table(rows: Rows) -> dict[str, Any]:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    content = {
        "columns": columns,
        "index": list(rows),
        "data": [[row.get(name) for name in columns] for row in rows.values()],
    }
    return {
        "_module": "pandas.core.frame",
        "_class": "DataFrame",
        "_object": json.dumps(content),
        "orient": "split",
        "dtype": {},
    }


def wrapped(kind: str, **values: Any) -> dict[str, Any]:
    return {"_module": "pandapipes", "_class": kind, "_object": json.dumps(values)}


def array(*values: float) -> dict[str, Any]:
    # Old and new files differ in how they write the numbers of an array.
    numbers = [{"_module": "numpy", "_class": "float64", "_object": value} for value in values]
    return {"_module": "numpy", "_class": "array", "_object": numbers, "dtype": "float64"}


def fluid(kind: str) -> dict[str, Any]:
    properties = {
        "density": wrapped("FluidPropertyInterExtra", x=array(280.0, 300.0), y=array(2.0, 1.0)),
        "viscosity": wrapped("FluidPropertyConstant", value=1e-5),
        "heat_capacity": wrapped("FluidPropertyConstant", value=4180.0),
        "compressibility": wrapped("FluidPropertyLinear", slope=-0.002, offset=1.0),
        "molar_mass": wrapped("FluidPropertyConstant", value=16.5),
    }
    return wrapped(
        "Fluid", name=f"a {kind}", fluid_type=kind, is_gas=kind == "gas", all_properties=properties
    )


def write(path: Path, kind: str, tables: dict[str, Rows], **others: Any) -> Path:
    content = {
        "fluid": fluid(kind),
        "name": "small",
        "version": "0.16.0",
        "component_list": [],
        "controller": table({}),
        "std_types": {
            "pump": {"P": wrapped("PumpStdType", name="P", reg_par=array(-0.1, 0.0, 6.0))}
        },
        **{name: table(rows) for name, rows in tables.items()},
        **others,
    }
    data = {
        "_module": "pandapipes.pandapipes_net",
        "_class": "pandapipesNet",
        "_object": content,
    }
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
    return path


def junction(name: str | None, **values: Any) -> dict[str, Any]:
    return {
        "name": name,
        "pn_bar": 5.0,
        "tfluid_k": 290.0,
        "height_m": 0.0,
        "in_service": True,
        **values,
    }


def link(start: Any, end: Any, **values: Any) -> dict[str, Any]:
    return {
        "name": None,
        "from_junction": start,
        "to_junction": end,
        "in_service": True,
        **values,
    }


def pipe(start: Any, end: Any, **values: Any) -> dict[str, Any]:
    sizes = {"length_km": 0.1, "inner_diameter_mm": 100.0, "k_mm": 0.2, "loss_coefficient": 0.0}
    return link(start, end, **{**sizes, "u_w_per_m2k": 0.0, "sections": 1, **values})


def at(place: Any, **values: Any) -> dict[str, Any]:
    return {"name": None, "junction": place, "in_service": True, **values}
