"""The point list: every mistake at once with its line and field; SI inside, the unit outside."""

from __future__ import annotations

import pytest

from network_models.problems import InputError
from scada.point import Limits, Point
from scada.point_columns import COLUMNS
from scada.point_table import PointTable, raw_to_si, read_points

DRIVERS = {"rtu-01": "modbus_tcp", "plc-01": "opcua", "twin": "memory"}
ELEMENTS = {"water": {"node:J1", "link:P1"}}


@pytest.fixture
def points_csv(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "points.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def _problems(path, **known):
    with pytest.raises(InputError) as caught:
        read_points(path, **known)
    return [(p.line, p.field) for p in caught.value.problems]


def _one(**cells):
    """A file of one sound point, changed by `cells`."""
    row = {
        "id": "P1",
        "utility": "water",
        "quantity": "pressure",
        "unit": "MPa",
        "driver": "rtu-01",
        "address": "hr:100",
        **cells,
    }
    return ",".join(row) + "\n" + ",".join(row.values()) + "\n"


def test_a_row_becomes_a_point_in_si(points_csv):
    table = read_points(
        points_csv(
            "unit,id,utility,quantity,element,driver,address,type,word_order,scale,offset,scan,"
            "writable,deadband,low_low,low,high,high_high,alarm_deadband,on_delay_s,off_delay_s,"
            "priority,rule,end_point,text_zh,text_en\n"
            "MPa,P1,water,pressure,node:J1,rtu-01,hr:100,uint16,CDAB,0.001,-0.1,fast,no,0.002,"
            "0.1,0.14,0.5,0.6,0.01,5,10,urgent,WATER-P,yes,末端压力,end pressure\n"
        ),
        drivers=DRIVERS,
        elements=ELEMENTS,
        scan_classes=("fast", "normal"),
    )
    assert table.points == (
        Point(
            id="P1",
            utility="water",
            quantity="pressure",
            unit="MPa",
            element="node:J1",
            driver="rtu-01",
            address="hr:100",
            type="uint16",
            word_order="CDAB",
            scale=0.001,
            offset=-0.1,
            scan="fast",
            deadband=0.002 * 1e6,
            limits=Limits(
                low_low=0.1 * 1e6,
                low=0.14 * 1e6,
                high=0.5 * 1e6,
                high_high=0.6 * 1e6,
                deadband=0.01 * 1e6,
                on_delay_s=5.0,
                off_delay_s=10.0,
            ),
            priority="urgent",
            rule="WATER-P",
            end_point=True,
            text_zh="末端压力",
            text_en="end pressure",
        ),
    )


def test_a_limit_moves_with_the_zero_of_its_unit_a_deadband_does_not(points_csv):
    cells = {"quantity": "temperature", "unit": "degC", "low": "40", "deadband": "0.5"}
    (point,) = read_points(points_csv(_one(**cells)))
    assert point.limits.low == pytest.approx(313.15)
    assert point.deadband == pytest.approx(0.5)
    assert raw_to_si(point) == (1.0, 273.15)


def test_raw_numbers_become_si_through_scale_offset_and_unit():
    point = Point(id="P", utility="water", quantity="pressure", unit="kPa", scale=0.1, offset=-10.0)
    factor, offset = raw_to_si(point)
    assert 2000 * factor + offset == pytest.approx((2000 * 0.1 - 10.0) * 1e3)


def test_every_mistake_is_named_at_once(points_csv):
    path = points_csv(
        "id,utility,quantity,unit,element,driver,address,type,low_low,low,writable,scan,colour\n"
        "P1,water,pressure,MPa,node:J1,rtu-01,hr:100,float32,0.1,0.14,,fast,red\n"
        "P2,water,pressure,m3/h,node:J9,rtu-01,hr:101,float32,0.2,0.14,,slow,\n"
        "P3,water,flow,m3/h,link:P1,rtu-02,hr:70000,floot,,x,,,\n"
        "P4,steam,status,on/off,J1,rtu-01,di:3,,,,yes,,\n"
        "P1,water,level,m,,model,tank level,,,,maybe,,\n"
        "P6,water,status,on/off,,plc-01,hr:3,bool,,,,,\n"
        "P7,gas,pressure,kPa,node:G1,rtu-01,,,,,,,\n"
    )
    found = _problems(path, drivers=DRIVERS, elements=ELEMENTS, scan_classes=("fast", "normal"))
    assert sorted(found) == [
        (1, "header"),
        (3, "address"),
        (3, "element"),
        (3, "low"),
        (3, "scan"),
        (3, "unit"),
        (4, "address"),
        (4, "driver"),
        (4, "low"),
        (4, "type"),
        (5, "element"),
        (5, "utility"),
        (5, "writable"),
        (6, "address"),
        (6, "id"),
        (6, "writable"),
        (7, "address"),
        (8, "address"),
        (8, "element"),
    ]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"address": "ir:100", "writable": "yes"}, "writable"),
        ({"address": "di:100", "writable": "yes"}, "writable"),
        ({"driver": "model", "address": "end_min", "writable": "yes"}, "writable"),
        ({"driver": "", "address": "", "writable": "yes"}, "writable"),
        ({"driver": "", "address": "hr:1"}, "driver"),
        ({"address": "hr:65535", "type": "float32"}, "address"),
        ({"address": "hr:65533", "type": "int64"}, "address"),
        ({"address": "hr:65536", "type": "int16"}, "address"),
        ({"address": "40001"}, "address"),
        ({"address": "hr:10.16", "type": "bool"}, "address"),
        ({"address": "co:10.1", "type": "bool"}, "address"),
        ({"address": "300/hr:10"}, "address"),
        ({"address": "hr:10.3", "type": "uint16"}, "type"),
        ({"address": "co:10", "type": "float32"}, "type"),
        ({"address": "hr:10", "type": "bool"}, "address"),
        ({"driver": "plc-01", "address": "ns=2;x=4"}, "address"),
        ({"driver": "plc-01", "address": "ns=70000;s=A"}, "address"),
        ({"driver": "plc-01", "address": "i=4294967296"}, "address"),
        ({"driver": "model", "address": "2 words"}, "address"),
        ({"scale": "0"}, "scale"),
        ({"scale": "nan"}, "scale"),
        ({"offset": "1;5"}, "offset"),
        ({"deadband": "-1"}, "deadband"),
        ({"on_delay_s": "-1"}, "on_delay_s"),
        ({"high": "0.5", "high_high": "0.5"}, "high_high"),
        ({"low_low": "0.5", "high_high": "0.4"}, "high_high"),
        ({"priority": "critical"}, "priority"),
        ({"word_order": "ACBD"}, "word_order"),
        ({"unit": "psi"}, "unit"),
        ({"unit": ""}, "unit"),
        ({"element": "pipe:P1"}, "element"),
        ({"end_point": "1"}, "end_point"),
    ],
)
def test_one_mistake_is_one_problem_of_its_field(points_csv, cells, field):
    assert _problems(points_csv(_one(**cells)), drivers=DRIVERS) == [(2, field)]


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("hr:100,float32", "hr:101,int16", True),
        ("hr:100,float32", "hr:102,int16", False),
        ("hr:100,int16", "hr:100,int16", True),
        ("hr:100,int16", "ir:100,int16", False),
        ("hr:100,int16", "7/hr:100,int16", False),
        ("hr:100.3,bool", "hr:100.4,bool", False),
        ("hr:100.3,bool", "hr:100.3,bool", True),
        ("hr:100,uint16", "hr:100.3,bool", False),
        ("co:3,bool", "co:4,bool", False),
        ("co:3,bool", "co:3,bool", True),
        ("co:3,", "di:3,", False),
    ],
)
def test_two_values_may_not_share_a_register(points_csv, first, second, clash):
    path = points_csv(
        "id,utility,quantity,unit,driver,address,type\n"
        f"A,water,status,on/off,rtu-01,{first}\n"
        f"B,water,status,on/off,rtu-01,{second}\n"
    )
    if clash:
        assert _problems(path, drivers=DRIVERS) == [(3, "address")]
    else:
        assert len(read_points(path, drivers=DRIVERS)) == 2


def test_without_knowledge_of_the_site_only_the_form_is_judged(points_csv):
    path = points_csv(
        "id,utility,quantity,unit,element,driver,address,type\n"
        "A,water,status,on/off,node:ANY,somewhere,co:3,\n"
        "B,water,level,m,,elsewhere,ns=2;s=Tank.Level,\n"
        "C,heat,setting,kPa,,,,\n"
    )
    a, b, c = read_points(path)
    assert (a.type, b.type, c.driver) == ("bool", "float32", "")
    assert _problems(points_csv(_one(address="hr100"))) == [(2, "address")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_texts_in_the_encodings_of_spreadsheets(points_csv, encoding):
    (point,) = read_points(points_csv(_one(text_zh="济南末端"), encoding))
    assert point.text_zh == "济南末端"


def test_a_list_written_is_read_back_the_same(tmp_path):
    points = [
        Point(
            id="P1",
            utility="heat",
            quantity="temperature",
            unit="degC",
            element="node:S1",
            driver="plc-01",
            address="ns=2;s=A,B",
            deadband=0.5,
            limits=Limits(low=313.15, high=363.15, deadband=1.0, on_delay_s=3.0),
            text_zh="供水温度，一号",
        ),
        Point(
            id="V1",
            utility="water",
            quantity="status",
            unit="on/off",
            driver="rtu-01",
            address="co:5",
            type="bool",
            writable=True,
        ),
        Point(id="M", utility="water", quantity="pressure", unit="MPa", limits=Limits(low=1.4e5)),
    ]
    path = tmp_path / "points.csv"
    PointTable(points).write(path)
    again = read_points(path, drivers=DRIVERS)
    assert [p.id for p in again] == ["P1", "V1", "M"]
    for old, new in zip(points, again, strict=True):
        assert new.limits.low == pytest.approx(old.limits.low)
        assert (new.text_zh, new.address, new.writable) == (old.text_zh, old.address, old.writable)
    again.write(path)
    first = path.read_bytes()
    read_points(path).write(path)
    assert path.read_bytes() == first
    assert first.decode("utf-8-sig").splitlines()[0].split(",") == list(COLUMNS)


def test_handles_are_places_in_the_list():
    names = ("A", "B", "C")
    table = PointTable(
        Point(id=n, utility="water", quantity="level", unit="m", driver=f"d{n}") for n in names
    )
    assert [table.handle(n) for n in names] == [0, 1, 2]
    assert table.point("B") is table[1]
    assert table.of_driver("dC") == (2,)
    assert "A" in table
    assert "Z" not in table
    with pytest.raises(KeyError):
        table.handle("Z")


def test_a_table_has_each_id_once():
    point = Point(id="A", utility="water", quantity="level", unit="m")
    with pytest.raises(ValueError, match="same id"):
        PointTable([point, point])
