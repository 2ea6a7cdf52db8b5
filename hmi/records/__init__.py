"""Records that must not be lost: alarms, audit, proposed outages, settings."""

from hmi.records.alarms import SqlAlarmJournal
from hmi.records.audit import Audit
from hmi.records.database import engine
from hmi.records.migrate import SchemaError, migrate
from hmi.records.outages import SqlOutages
from hmi.records.settings import Settings

__all__ = [
    "Audit",
    "SchemaError",
    "Settings",
    "SqlAlarmJournal",
    "SqlOutages",
    "engine",
    "migrate",
]
