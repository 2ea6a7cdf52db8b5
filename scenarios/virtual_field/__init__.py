"""The virtual field: a simulated city behind real Modbus TCP and OPC UA servers."""

from scenarios.virtual_field.config import FieldConfig, FieldDriver, FieldError
from scenarios.virtual_field.field import run_field

__all__ = ["FieldConfig", "FieldDriver", "FieldError", "run_field"]
