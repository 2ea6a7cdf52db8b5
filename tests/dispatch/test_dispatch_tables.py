"""Customers, streets, trucks: sound files are read, faulty ones are answered with every fault."""

from pathlib import Path

import numpy as np
import pytest

from dispatch.customers import community_names, read_customers
from dispatch.element import element_name
from dispatch.fleet import read_depots, read_fill_points, read_fleet
from dispatch.roads import Road, RoadGraph, read_roads
from network_models.problems import InputError

CUSTOMERS = """id,element,households,people,class,community,name_zh,name_en,x,y
C1,water/node:J1,40,120,residential,东苑,一号楼,Building 1,10,20
H1,J2,0,300,hospital,,市医院,City Hospital,30,40
"""
ROADS = """id,start,end,x1,y1,x2,y2,length_m,speed_kmh,oneway
R1,A,B,0,0,1000,0,1000,36,no
R2,B,C,1000,0,1000,500,500,36,yes
"""


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_customers_are_read_with_their_nodes(tmp_path: Path) -> None:
    first, second = read_customers(write(tmp_path, "c.csv", CUSTOMERS), nodes=["J1", "J2"])
    assert (first.node, first.people, first.community) == ("J1", 120, "东苑")
    assert (second.node, second.kind, second.community) == ("J2", "hospital", "")


def test_every_fault_of_a_customer_table_is_named_at_once(tmp_path: Path) -> None:
    content = CUSTOMERS + "C1,J9,-1,x,palace,,a,b,1,1\nC4,link:P1,1,1,school,,a,b,1,1\n"
    with pytest.raises(InputError) as caught:
        read_customers(write(tmp_path, "c.csv", content), nodes=["J1"], links=["P2"])
    found = {(p.line, p.field) for p in caught.value.problems}
    assert found == {
        (3, "element"),
        (4, "households"),
        (4, "people"),
        (4, "class"),
        (5, "element"),
    }


def test_a_community_takes_its_english_name_from_its_homes(tmp_path: Path) -> None:
    header = CUSTOMERS.splitlines()[0]
    rows = (
        'C1,J1,1,3,residential,晨园,晨园1区,"Dawn Gardens, block 1",0,0',
        'C2,J1,1,3,residential,晨园,晨园2区,"Dawn Gardens, block 2",0,0',
        "C3,J1,1,3,residential,东苑,一号楼,Building 1,0,0",
        "S1,J1,0,0,school,晨园,小学,School,0,0",
    )
    customers = read_customers(write(tmp_path, "c.csv", "\n".join((header, *rows))))
    assert community_names(customers) == {
        "晨园": ("晨园", "Dawn Gardens"),
        "东苑": ("东苑", "东苑"),
    }


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("water/link:P12", ("water", "link", "P12")),
        ("link:P12", (None, "link", "P12")),
        ("P12", (None, None, "P12")),
        ("water/P12", ("water", None, "P12")),
        ("a/b:c", (None, None, "a/b:c")),
    ],
)
def test_element_names(text: str, parts: tuple[str | None, str | None, str]) -> None:
    name = element_name(text)
    assert (name.utility, name.kind, name.id) == parts
    assert str(name) == text


def test_travel_times_respect_one_way_streets(tmp_path: Path) -> None:
    graph = RoadGraph(read_roads(write(tmp_path, "r.csv", ROADS)))
    a, b, c = (graph.index[node] for node in "ABC")
    times = graph.travel_times_s([a, c, a, b])
    assert times.tolist() == [
        [0.0, 150.0, 0.0, 100.0],
        [np.inf, 0.0, np.inf, np.inf],
        [0.0, 150.0, 0.0, 100.0],
        [100.0, 50.0, 100.0, 0.0],
    ]
    assert graph.nodes[graph.nearest(990, 400)] == "C"
    assert graph.graph().edges["B", "C"]["time_s"] == 50.0
    assert not graph.graph().has_edge("C", "B")


def test_the_fastest_of_parallel_streets_counts() -> None:
    def road(name: str, speed: float) -> Road:
        return Road(
            id=name, start="A", end="B", x1=0, y1=0, x2=9, y2=0, length_m=90, speed_ms=speed
        )

    graph = RoadGraph([road("slow", 1), road("fast", 9), road("middle", 3)])
    assert graph.travel_times_s([0, 1])[0, 1] == 10.0
    assert graph.graph().edges["A", "B"]["road"] == "fast"


def test_a_junction_in_two_places_is_a_fault(tmp_path: Path) -> None:
    content = ROADS + "R3,A,C,5,5,1000,500,10,36,no\n"
    with pytest.raises(InputError) as caught:
        read_roads(write(tmp_path, "r.csv", content))
    assert [(p.line, p.field) for p in caught.value.problems] == [(4, "start")]


def test_no_streets_means_no_nearest_junction() -> None:
    with pytest.raises(ValueError, match="no streets"):
        RoadGraph([]).nearest(0, 0)


def test_fleet_in_si_with_known_depots(tmp_path: Path) -> None:
    depots = read_depots(write(tmp_path, "d.csv", "id,name_zh,name_en,x,y\nD1,车场,Yard,0,0\n"))
    fleet = "id,depot,capacity_m3,shift_h,discharge_m3h,setup_min,available\n"
    path = write(tmp_path, "f.csv", fleet + "T1,D1,10,8,36,10,yes\nT2,D7,10,8,36,10,no\n")
    with pytest.raises(InputError) as caught:
        read_fleet(path, depots=[d.id for d in depots])
    assert [(p.line, p.field, p.found) for p in caught.value.problems] == [(3, "depot", "D7")]
    truck, broken = read_fleet(path)
    assert (truck.shift_s, truck.setup_s, truck.available) == (28800.0, 600.0, True)
    assert truck.discharge_m3s == pytest.approx(0.01)
    assert broken.available is False
    tanks = write(
        tmp_path,
        "t.csv",
        fleet.strip() + ",tank_change_min\nT1,D1,10,8,36,10,yes,6\nT2,D1,10,8,36,10,yes,\n",
    )
    assert [(t.sets_down, t.setup_s) for t in read_fleet(tanks)] == [(True, 360.0), (False, 600.0)]


def test_fill_points_in_si(tmp_path: Path) -> None:
    text = "id,name_zh,name_en,x,y,element,flow_m3h\nF1,栓,Hydrant,0,0,water/node:J1,36\n"
    (point,) = read_fill_points(write(tmp_path, "p.csv", text))
    assert point.flow_m3s == pytest.approx(0.01)
    assert element_name(point.element).id == "J1"
