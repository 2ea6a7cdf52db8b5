"""Invented names in Chinese with English beside: streets, communities, hospitals, schools."""

from __future__ import annotations

from dataclasses import dataclass

CITY = ("澄汀市", "Chengting City")

_FIRST = (
    ("澜", "Lan"), ("锦", "Jin"), ("汀", "Ting"), ("槐", "Huai"), ("枫", "Feng"), ("云", "Yun"),
    ("禾", "He"), ("青", "Qing"), ("望", "Wang"), ("安", "An"), ("松", "Song"), ("晴", "Qing"),
    ("玉", "Yu"), ("嘉", "Jia"), ("瑞", "Rui"), ("和", "He"), ("书", "Shu"), ("景", "Jing"),
    ("翠", "Cui"), ("金", "Jin"), ("银", "Yin"), ("紫", "Zi"), ("明", "Ming"), ("清", "Qing"),
)  # fmt: skip
_SECOND = (
    ("澜", "lan"), ("桥", "qiao"), ("岸", "an"), ("田", "tian"), ("泉", "quan"), ("溪", "xi"),
    ("屏", "ping"), ("岭", "ling"), ("湾", "wan"), ("林", "lin"), ("荷", "he"), ("塘", "tang"),
    ("峰", "feng"), ("园", "yuan"), ("堤", "di"), ("堂", "tang"), ("坪", "ping"), ("洲", "zhou"),
)  # fmt: skip
_COMMUNITY = (
    ("花园", "Garden"), ("家园", "Homes"), ("小区", "Community"), ("新村", "New Village"),
    ("公寓", "Apartments"), ("里", "Li"), ("苑", "Court"), ("名邸", "Residence"),
)  # fmt: skip
_ROADS = (("路", "Road"), ("街", "Street"), ("大道", "Avenue"))
_SIDES = (("东", "East"), ("西", "West"), ("南", "South"), ("北", "North"), ("中", "Middle"))


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages."""

    zh: str
    en: str


def _pair(number: int) -> Name:
    """A two-syllable name; neighbouring numbers sound different, all differ for a long while."""
    count = len(_FIRST) * len(_SECOND)
    place = number * 149 % count  # 149 has no common factor with 24 * 18
    first, second = _FIRST[place % len(_FIRST)], _SECOND[place // len(_FIRST)]
    return Name(first[0] + second[0], first[1] + second[1])


def _again(number: int) -> Name:
    """Sets a name apart from the one it repeats, once all pairs are used."""
    turn = number // (len(_FIRST) * len(_SECOND))
    return Name("", "") if turn == 0 else Name(f"{turn + 1}期", f" {turn + 1}")


def community(number: int) -> Name:
    """The name of a residential community."""
    base, kind, turn = _pair(number), _COMMUNITY[number % len(_COMMUNITY)], _again(number)
    return Name(f"{base.zh}{kind[0]}{turn.zh}", f"{base.en} {kind[1]}{turn.en}")


def street(number: int, rank: int) -> Name:
    """The name of a street line; `rank` 2 is an avenue."""
    base, turn = _pair(number + 200), _again(number)
    kind = _ROADS[2] if rank == 2 else _ROADS[number % 2]
    return Name(f"{base.zh}{turn.zh}{kind[0]}", f"{base.en}{turn.en} {kind[1]}")


def hospital(number: int) -> Name:
    """The name of a hospital."""
    base = _pair(number + 90)
    if number == 0:
        return Name(f"{CITY[0]}人民医院", f"{CITY[1]} People's Hospital")
    return Name(f"{base.zh}医院", f"{base.en} Hospital")


def dialysis(number: int) -> Name:
    """The name of a dialysis centre."""
    base = _pair(number + 130)
    return Name(f"{base.zh}血液透析中心", f"{base.en} Dialysis Centre")


def school(number: int) -> Name:
    """The name of a school."""
    base = _pair(number + 40)
    zh, en = (("小学", "Primary School"), ("中学", "Middle School"))[number % 2]
    return Name(f"{base.zh}{zh}", f"{base.en} {en}")


def firm(number: int) -> Name:
    """The name of a factory."""
    base = _pair(number + 310)
    kinds = (("食品厂", "Food Works"), ("纺织厂", "Textile Mill"), ("机械厂", "Machine Works"),
             ("印染厂", "Dye Works"), ("制药厂", "Pharmaceuticals"))  # fmt: skip
    zh, en = kinds[number % len(kinds)]
    return Name(f"{base.zh}{zh}", f"{base.en} {en}")


def shop(number: int) -> Name:
    """The name of a shopping or office place."""
    base = _pair(number + 260)
    kinds = (("商场", "Mall"), ("广场", "Plaza"), ("市场", "Market"), ("大厦", "Tower"))
    zh, en = kinds[number % len(kinds)]
    return Name(f"{base.zh}{zh}", f"{base.en} {en}")


def public(number: int) -> Name:
    """The name of a public building."""
    base = _pair(number + 370)
    kinds = (("街道办事处", "Subdistrict Office"), ("图书馆", "Library"), ("体育馆", "Sports Hall"))
    zh, en = kinds[number % len(kinds)]
    return Name(f"{base.zh}{zh}", f"{base.en} {en}")


def works(number: int) -> Name:
    """The name of a water works (from 1)."""
    base = _pair(number + 17)
    return Name(f"{base.zh}水厂", f"{base.en} Works")


def side(number: int) -> Name:
    """A side word, for depots."""
    return Name(*_SIDES[number % len(_SIDES)])
