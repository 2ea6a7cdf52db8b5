"""Arrays of OPC UA messages are no longer than their message.

asyncua (2.1) makes as many elements as a message claims. Elements of most kinds run out with the
bytes; an array of nothing (Null takes none) does not: ten bytes make two thousand million of them,
minutes of decoding and gigabytes of memory, with every other link of the process waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from asyncua.common.utils import Buffer, NotEnoughData
from asyncua.ua import ua_binary

COUNT_BYTES = 4
_MARK = "_arrays_are_bounded"

Decoder = Callable[[Any], Any]


def bound_arrays() -> None:
    """From now on the library's decoders, of server and client, refuse longer arrays."""
    if getattr(ua_binary, _MARK, False):
        return
    for name in ("_create_uatype_array_deserializer", "_create_list_deserializer"):
        setattr(ua_binary, name, _bounded(getattr(ua_binary, name)))
    setattr(ua_binary, _MARK, True)
    # Decoders of structures hold decoders of arrays that were made before.
    for kept in list(vars(ua_binary).values()):
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()


def _bounded(make: Callable[..., Decoder]) -> Callable[..., Decoder]:
    @cache
    def bounded(kind: Any) -> Decoder:
        decode = make(kind)

        def decode_within(data: Any) -> Any:
            if isinstance(data, Buffer) and len(data) >= COUNT_BYTES:
                head = data.copy(COUNT_BYTES).read(COUNT_BYTES)
                count = int.from_bytes(head, "little", signed=True)
                if count > len(data) - COUNT_BYTES:
                    raise NotEnoughData(f"an array of {count} in {len(data)} bytes")
            return decode(data)

        return decode_within

    return bounded
