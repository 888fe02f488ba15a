"""Translations of guides on paper: XLIFF 1.2, one file for each guide and language."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import NoReturn
from xml.parsers import expat

from pendosim.errors import Refused

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">\n'


@dataclass
class Paper:
    """What one file of XLIFF holds."""

    guide_id: str
    source_language: str
    language: str
    """Of the targets; nothing where there are none."""
    sources: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)


def written(papers: Iterable[Paper]) -> bytes:
    return "".join([_HEAD, *map(_file, papers), "</xliff>\n"]).encode()


def _file(paper: Paper) -> str:
    into = f' target-language="{escape(paper.language)}"' if paper.language else ""
    names = f'original="{escape(paper.guide_id)}" source-language="{escape(paper.source_language)}"{into}'
    units = "".join(_unit(name, source, paper.targets.get(name)) for name, source in paper.sources.items())
    return f'  <file {names} datatype="plaintext">\n    <body>\n{units}    </body>\n  </file>\n'


def _unit(name: str, source: str, target: str | None) -> str:
    translated = "" if target is None else f"<target>{escape(target)}</target>"
    return f'      <trans-unit id="{escape(name)}"><source>{escape(source)}</source>{translated}</trans-unit>\n'


def read(body: bytes) -> list[Paper]:
    """Raise Refused for what is not XLIFF; a document type is refused, so that no entity can be declared."""
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reading.begin
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as bad:
        raise Refused("the body is not XML") from bad
    return reading.papers


def _refuse_doctype(*_: object) -> NoReturn:
    raise Refused("XLIFF has no document type declaration")


class _Reading:
    def __init__(self) -> None:
        self.papers: list[Paper] = []
        self._open: list[str] = []
        self._unit = ""
        self._collected: list[str] = []

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rsplit(" ", 1)[-1]
        if not self._open and name != "xliff":
            raise Refused("the body is not XLIFF: its outermost element is not xliff")
        self._open.append(name)
        if name == "file":
            self._begin_file(attributes)
        elif name == "trans-unit":
            self._unit = attributes.get("id", "")
        self._collected = []

    def _begin_file(self, attributes: dict[str, str]) -> None:
        missing = [name for name in ("original", "source-language") if not attributes.get(name)]
        if missing:
            raise Refused(f"a file of XLIFF has no {missing[0]}")
        language = attributes.get("target-language", "")
        self.papers.append(Paper(attributes["original"], attributes["source-language"], language))

    def end(self, _tag: str) -> None:
        name = self._open.pop()
        if name in ("source", "target") and "trans-unit" in self._open and self.papers:
            texts = self.papers[-1].sources if name == "source" else self.papers[-1].targets
            texts[self._unit] = "".join(self._collected)
        self._collected = []

    def text(self, data: str) -> None:
        self._collected.append(data)
