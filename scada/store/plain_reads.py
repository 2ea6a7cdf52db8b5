"""Questions that both databases are asked in the same words."""

from __future__ import annotations

from scada.store.database import Row, SpanRow
from scada.store.port import Mark


class PlainReads:
    """Reads that need nothing of a database but its answer to a query without values."""

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[Row]:
        raise NotImplementedError

    def journal(self) -> list[Row]:
        """(number, origin, data) of every journal row, in order."""
        return self._read("SELECT id, origin, data FROM journal ORDER BY id")

    def marks(self) -> list[Mark]:
        """The highest number committed for each gateway and boot."""
        rows = self._read("SELECT gateway, epoch, number FROM mark")
        return [Mark(gateway=g, epoch=e, number=n) for g, e, n in rows]

    def spans(self) -> list[SpanRow]:
        """What there is, by first hour and length, in that order."""
        rows = self._read("SELECT hour, hours, samples FROM span ORDER BY hour, hours")
        return [SpanRow(*row) for row in rows]
