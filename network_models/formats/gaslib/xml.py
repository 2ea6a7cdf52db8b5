"""XML with the line of each element, without namespaces and without entities of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from network_models.problems import Problem


@dataclass(slots=True)
class Element:
    """An XML element: its name without prefix, attributes, children, and its line."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> Element | None:
        """The first child of a name."""
        return next((c for c in self.children if c.name == name), None)

    def named(self, name: str) -> Iterator[Element]:
        """The children of a name."""
        return (c for c in self.children if c.name == name)


class _RefusedError(Exception):
    """The file declares entities: no network file has a use for them."""


def read_xml(path: Path, root: str) -> tuple[Element, list[Problem]]:
    """The document's root element, and the problem that kept it from being read, if any.

    `root` is the name it must have. A file with a document type or entities is refused.
    """
    empty = Element(root, {}, 0)
    top = Element("", {}, 0)
    open_elements = [top]
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        plain = {_local(key): value for key, value in attributes.items()}
        element = Element(_local(name), plain, parser.CurrentLineNumber)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def characters(text: str) -> None:
        open_elements[-1].text += text

    def refuse(*_: object) -> None:
        raise _RefusedError

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(path.read_bytes(), True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return empty, [_problem(path, None, "file", reason, "a readable file")]
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        return empty, [_problem(path, error.lineno, "XML", message, "well-formed XML")]
    except (LookupError, ValueError):
        return empty, [_problem(path, 1, "encoding", "an unknown encoding", "UTF-8")]
    except _RefusedError:
        line = parser.CurrentLineNumber
        return empty, [_problem(path, line, "XML", "a document type or entity", "none")]
    found = top.children[0]
    if found.name != root:
        return empty, [_problem(path, found.line, "root element", found.name, root)]
    return found, []


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1]


def _problem(path: Path, line: int | None, field: str, found: str, expected: str) -> Problem:
    return Problem(file=str(path), line=line, field=field, found=found, expected=expected)
