"""Points, limits and links change while the room runs: no process, no other link restarts."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from pathlib import Path
from typing import Any

import httpx

from hmi.room import Room
from scenarios.init_site import init_site

HEAD = "id,utility,quantity,unit,driver,address,type,scan,high,priority\n"
OLD = HEAD + "A,water,level,m,one,hr:1,uint16,fast,,\nB,water,level,m,two,hr:2,uint16,fast,,\n"
NEW = HEAD + (
    "C,water,level,m,two,hr:3,uint16,fast,,\n"
    "A,water,level,m,one,hr:1,uint16,fast,0.5,high\n"
    "B,water,level,m,two,hr:2,uint16,fast,,\n"
)


class Field:
    """A unit that shows each register's own address, and counts who connects."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    async def __aenter__(self) -> Field:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readexactly(12)
                start, count = struct.unpack(">HH", head[8:])
                data = struct.pack(f">{count}H", *range(start, start + count))
                size = struct.pack(">HBBB", 3 + len(data), head[6], head[7], len(data))
                writer.write(head[:4] + size + data)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_site(folder: Path, one: int, two: int) -> None:
    init_site(folder, example="empty")
    toml = folder / "site.toml"
    links = "".join(
        f'\n[[drivers]]\nname = "{name}"\nkind = "modbus_tcp"\nport = {port}\n'
        for name, port in (("one", one), ("two", two))
    )
    toml.write_text(toml.read_text("utf-8") + links, "utf-8")
    (folder / "points.csv").write_text(OLD)


async def values(client: httpx.AsyncClient) -> dict[str, Any]:
    """Newest value of each point of the list the web runs with."""
    found: dict[str, Any] = {}
    names = (await client.get("/api/points")).json()["columns"]["id"]
    for name in names:
        answer = await client.get("/api/history", params={"point": name})
        if answer.status_code == 200 and answer.json()["value"]:
            found[name] = answer.json()["value"][-1]
    return found


async def wait_for(condition: Any, what: str) -> None:
    async with asyncio.timeout(90):
        while True:
            try:
                if await condition():
                    return
            except (httpx.HTTPError, KeyError, ValueError):
                pass  # a process that goes on with the new site answers again in a moment
            await asyncio.sleep(0.1)
    raise AssertionError(what)


async def test_a_new_point_list_runs_within_seconds_and_undo_brings_the_old_one_back(
    tmp_path: Path,
) -> None:
    async with Field() as one, Field() as two:
        make_site(tmp_path / "site", one.port, two.port)
        room = Room(tmp_path / "site", ("core", "gateway", "web"), port=free_port(), lab=True)
        await room.start()
        try:
            base = room.url.rstrip("/")
            async with httpx.AsyncClient(base_url=base, timeout=30, trust_env=False) as client:

                async def shows(wanted: dict[str, float]) -> bool:
                    return await values(client) == wanted

                await wait_for(lambda: shows({"A": 1.0, "B": 2.0}), "the old list")
                processes = json.loads((room.data / "processes.json").read_text())
                body = {"points_csv": NEW, "based_on": 0, "user": "li", "comment": "one more"}
                answer = await client.post("/api/config/apply", json=body)
                assert answer.status_code == 200, answer.text
                await wait_for(lambda: shows({"A": 1.0, "B": 2.0, "C": 3.0}), "the new list")

                async def alarm_stands() -> bool:
                    alarms = (await client.get("/api/alarms")).json()["alarms"]
                    return any(a["id"] == "A.high" for a in alarms)

                await wait_for(alarm_stands, "the new limit")

                async def all_agree() -> bool:
                    digests = (await client.get("/api/config")).json()["points_digest"]
                    return len(digests) == 3 and len(set(digests.values())) == 1

                await wait_for(all_agree, "each process on the new list")
                assert json.loads((room.data / "processes.json").read_text()) == processes
                assert one.connections == 1  # its points are read as before
                assert two.connections == 2
                undone = await client.post("/api/config/undo", json={"based_on": 2, "user": "wu"})
                assert undone.status_code == 200, undone.text
                await wait_for(lambda: shows({"A": 1.0, "B": 2.0}), "the old list again")
                await wait_for(all_agree, "each process on the old list")
                settings = "point,kind,limit,cause_en\nB,high,1.5,the pump stays on\n"
                more = {"alarms_csv": settings, "based_on": 3, "user": "li", "comment": "and B"}
                answer = await client.post("/api/config/apply", json=more)
                assert answer.status_code == 200, answer.text

                async def setting_rules() -> bool:
                    told = (await client.get("/api/alarms/settings")).json()["settings"]
                    alarms = (await client.get("/api/alarms")).json()["alarms"]
                    stands = any(a["id"] == "B.high" for a in alarms)
                    return stands and bool(told) and told[0]["cause_en"] == "the pump stays on"

                await wait_for(setting_rules, "the alarm of the new alarms.csv")
                assert json.loads((room.data / "processes.json").read_text()) == processes
        finally:
            await room.stop()
