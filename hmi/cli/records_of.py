"""A site's records for commands that run beside the room: opened by its settings alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from network_models.problems import InputError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from scenarios.site_settings import SiteSettings


def records_of(folder: Path) -> tuple[Engine, Path, SiteSettings]:
    """The migrated records of a site folder, its data folder and settings; InputError if bad."""
    from hmi.records import engine, migrate
    from hmi.storing import RECORDS_FILE
    from scenarios.site_settings import read_settings

    settings, problems = read_settings(folder / "site.toml")
    if problems:
        raise InputError(problems)
    data = (folder / settings.data_folder).resolve()
    records = engine(settings.records_url or data / RECORDS_FILE)
    migrate(records)
    return records, data, settings
