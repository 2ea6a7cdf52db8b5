"""Sparkplug B's schema built for the `protobuf` package: an independent reader for our writer."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
MESSAGES: dict[str, list[tuple[str, int, int, int, str]]] = {
    "PropertyValue": [
        ("type", 1, F.TYPE_UINT32, F.LABEL_OPTIONAL, ""),
        ("is_null", 2, F.TYPE_BOOL, F.LABEL_OPTIONAL, ""),
        ("int_value", 3, F.TYPE_UINT32, F.LABEL_OPTIONAL, ""),
        ("long_value", 4, F.TYPE_UINT64, F.LABEL_OPTIONAL, ""),
        ("float_value", 5, F.TYPE_FLOAT, F.LABEL_OPTIONAL, ""),
        ("double_value", 6, F.TYPE_DOUBLE, F.LABEL_OPTIONAL, ""),
        ("boolean_value", 7, F.TYPE_BOOL, F.LABEL_OPTIONAL, ""),
        ("string_value", 8, F.TYPE_STRING, F.LABEL_OPTIONAL, ""),
    ],
    "PropertySet": [
        ("keys", 1, F.TYPE_STRING, F.LABEL_REPEATED, ""),
        ("values", 2, F.TYPE_MESSAGE, F.LABEL_REPEATED, "PropertyValue"),
    ],
    "Metric": [
        ("name", 1, F.TYPE_STRING, F.LABEL_OPTIONAL, ""),
        ("alias", 2, F.TYPE_UINT64, F.LABEL_OPTIONAL, ""),
        ("timestamp", 3, F.TYPE_UINT64, F.LABEL_OPTIONAL, ""),
        ("datatype", 4, F.TYPE_UINT32, F.LABEL_OPTIONAL, ""),
        ("is_historical", 5, F.TYPE_BOOL, F.LABEL_OPTIONAL, ""),
        ("is_transient", 6, F.TYPE_BOOL, F.LABEL_OPTIONAL, ""),
        ("is_null", 7, F.TYPE_BOOL, F.LABEL_OPTIONAL, ""),
        ("properties", 9, F.TYPE_MESSAGE, F.LABEL_OPTIONAL, "PropertySet"),
        ("int_value", 10, F.TYPE_UINT32, F.LABEL_OPTIONAL, ""),
        ("long_value", 11, F.TYPE_UINT64, F.LABEL_OPTIONAL, ""),
        ("float_value", 12, F.TYPE_FLOAT, F.LABEL_OPTIONAL, ""),
        ("double_value", 13, F.TYPE_DOUBLE, F.LABEL_OPTIONAL, ""),
        ("boolean_value", 14, F.TYPE_BOOL, F.LABEL_OPTIONAL, ""),
        ("string_value", 15, F.TYPE_STRING, F.LABEL_OPTIONAL, ""),
    ],
    "Payload": [
        ("timestamp", 1, F.TYPE_UINT64, F.LABEL_OPTIONAL, ""),
        ("metrics", 2, F.TYPE_MESSAGE, F.LABEL_REPEATED, "Metric"),
        ("seq", 3, F.TYPE_UINT64, F.LABEL_OPTIONAL, ""),
        ("uuid", 4, F.TYPE_STRING, F.LABEL_OPTIONAL, ""),
        ("body", 5, F.TYPE_BYTES, F.LABEL_OPTIONAL, ""),
    ],
}


def payload_class() -> Any:
    """The message class of a payload."""
    file = descriptor_pb2.FileDescriptorProto(
        name="sparkplug_b.proto", package="sparkplug", syntax="proto2"
    )
    for name, rows in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, label, of in rows:
            one = message.field.add(name=field, number=number, type=kind, label=label)
            if of:
                one.type_name = f".sparkplug.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("sparkplug.Payload"))
