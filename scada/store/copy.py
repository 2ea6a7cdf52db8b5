"""One database's history into another: backups of a server, and moving between file and server."""

from __future__ import annotations

from scada.store.database import Change, Database, journal_batch, journal_row, last_batch
from scada.store.pages import DAY_HOURS
from scada.store.port import ORIGINS, StoreError

FOREVER_HOURS = 2**40
PAGES_AT_ONCE = 200


def copy_history(source: Database, target: Database) -> int:
    """Copy everything; the samples' count. `source` is a snapshot, `target` new and empty."""
    if target.ids():
        raise StoreError(f"{target.name} is not empty: history is only copied into a new one")
    target.adopt(source.ids())
    samples = 0
    for _, origin, data in source.journal():
        batch = journal_batch(data)
        samples += len(batch)
        target.apply(Change(journal=[journal_row(batch, origin)]))
    for hours in (1, DAY_HOURS):
        keys = source.pages_between(hours, -FOREVER_HOURS, FOREVER_HOURS)
        for first in range(0, len(keys), PAGES_AT_ONCE):
            found = [source.page_of(key) for key in keys[first : first + PAGES_AT_ONCE]]
            pages = [page for page in found if page is not None]
            samples += sum(page.samples for page in pages)
            target.apply(Change(pages=pages))
    last = [(o, last_batch(source.last(o))) for o in range(len(ORIGINS))]
    target.apply(Change(last=[(o, batch) for o, batch in last if len(batch)]))
    # The marks come last: a copy that was cut short asks its gateways for everything again.
    for mark in source.marks():
        target.apply(Change(mark=mark))
    return samples
