"""Records that must not be lost: alarms, audit, proposed outages, settings."""

from hmi.records.alarms import SqlAlarmJournal
from hmi.records.audit import Audit
from hmi.records.database import engine
from hmi.records.migrate import SchemaError, migrate
from hmi.records.order_book import ChangedMeanwhileError, Entry, Message, SqlOrderBook
from hmi.records.outages import SqlOutages
from hmi.records.outbox import SqlOutbox
from hmi.records.settings import Settings
from hmi.records.truck_plans import SqlTruckPlans

__all__ = [
    "Audit",
    "ChangedMeanwhileError",
    "Entry",
    "Message",
    "SchemaError",
    "Settings",
    "SqlAlarmJournal",
    "SqlOrderBook",
    "SqlOutages",
    "SqlOutbox",
    "SqlTruckPlans",
    "engine",
    "migrate",
]
