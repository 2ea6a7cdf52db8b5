"""The plant in a process of its own: runs with the clock, feeds the servers, takes writes."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hydraulics import SolveError
from network_models.network import Network
from network_models.problems import InputError
from scenarios.virtual_field.channel import Hub, Written
from scenarios.virtual_field.child import PlantOrder, run_child, say_ready
from scenarios.virtual_field.commands import CommandRefusedError
from scenarios.virtual_field.config import FieldConfig, FieldError
from scenarios.virtual_field.field_state import FieldState, Plant
from scenarios.virtual_field.truth import truth_file, write_truth

log = logging.getLogger(__name__)


class PlantService:
    """A field's state, moved by the clock and by writes."""

    def __init__(self, config: FieldConfig, *, start: datetime) -> None:
        self.config = config
        self._zone = ZoneInfo(config.timezone)
        networks = _networks(config)
        self.plants = _plants(config, networks, start, self._zone)
        self.state = FieldState(
            config.points, networks, seed=config.seed, plants=list(self.plants.values())
        )
        self._start = start
        self._run_s = 0.0
        self._places = {
            d.name: [i for i, p in enumerate(config.points) if p.driver == d.name]
            for d in config.drivers
        }
        self.hub = Hub(self.write)

    def step(self, dt_s: float) -> None:
        """Move on by `dt_s` real seconds and tell the servers."""
        self._run_s += dt_s * self.config.speed
        local = datetime.fromtimestamp(self._start.timestamp() + self._run_s, self._zone)
        self.state.advance(
            local,
            dt_s * self.config.speed,
            plant_step_s=self.config.plant_step_s * self.config.speed,
            on_plant_step=self.write_truth,
        )
        self._send()

    def write_truth(self) -> None:
        """Put the true state of every network on disk."""
        for utility, plant in self.plants.items():
            write_truth(self.config.folder / truth_file(utility), plant.truth(time.time_ns()))

    async def write(self, driver: str, index: int, value: float) -> Written:
        """A server's write: carried out, then every server hears the new readings."""
        places = self._places.get(driver, [])
        if not 0 <= index < len(places):
            return Written(0, False, "no such point", 0.0)
        place = places[index]
        try:
            reading = self.state.write(place, value)
        except CommandRefusedError as error:
            return Written(0, False, str(error), float(self.state.readings[place]))
        self._send()
        return Written(0, True, "", reading)

    def _send(self) -> None:
        now = time.time_ns()
        for driver, places in self._places.items():
            self.hub.send(driver, self.state.readings[places], now)


def _networks(config: FieldConfig) -> dict[str, Network]:
    from network_models import read_network

    return {u: read_network(Path(f)) for u, f in config.networks.items()}


def _plants(
    config: FieldConfig, networks: dict[str, Network], start: datetime, zone: ZoneInfo
) -> dict[str, Plant]:
    """A plant for every network. Without a solved water network there is no field; points of a gas
    or heat network that cannot be solved are signals, and the log says so."""
    found: dict[str, Plant] = {}
    for utility, net in networks.items():
        try:
            found[utility] = _maker(utility)(
                net,
                # A point of another medium may have the same element id: hide its element.
                [p if p.utility == utility else replace(p, element="") for p in config.points],
                start=start,
                zone=zone,
                seed=config.seed,
            )
        except SolveError as error:
            if utility == "water":
                raise
            log.error("the points of %s are signals: its network cannot run: %s", utility, error)
    return found


def _maker(utility: str) -> Any:
    """The class of a medium's plant; each brings the compiler."""
    if utility == "gas":
        from scenarios.virtual_field.plant_gas import PlantGas

        return PlantGas
    if utility == "heat":
        from scenarios.virtual_field.plant_heat import PlantHeat

        return PlantHeat
    from scenarios.virtual_field.plant import PlantWater

    return PlantWater


async def serve(order: PlantOrder, stop: asyncio.Event) -> None:
    """Run the plant until `stop` is set."""
    config = order.config
    try:
        service = PlantService(config, start=datetime.now(UTC))
    except (InputError, SolveError) as error:
        raise FieldError(f"the plant cannot run: {error}") from error
    service.step(0.0)
    service.write_truth()
    await service.hub.start(order.socket)
    say_ready()
    before = due = time.monotonic()
    while not stop.is_set():
        # Late cycles are dropped, not made up for: the plant moves by the time that passed.
        due = max(due + config.cycle_s, time.monotonic())
        try:
            async with asyncio.timeout(due - time.monotonic()):
                await stop.wait()
        except TimeoutError:
            now = time.monotonic()
            service.step(now - before)
            before = now
    await service.hub.stop()


if __name__ == "__main__":
    sys.exit(run_child(PlantOrder, serve))
