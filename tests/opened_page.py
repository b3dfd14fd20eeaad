"""Pages as a browser and their reader get them."""

import base64
import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path


@dataclass
class Element:
    tag: str
    attributes: Mapping[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page taken apart: every element with its attributes and all text within it."""

    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in {"img", "meta", "input", "br", "wbr"}:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            element
            for element in self.elements
            if element.tag == tag
            and all(value in element.attributes.get(name, "").split() for name, value in attributes.items())
        ]

    def cards(self) -> list[Element]:
        return self.all("li", **{"class": "card"})

    def order(self) -> list[str]:
        return [card.attributes["data-name"] for card in self.cards()]


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page


def opened(chromium: str, path: Path, profile: Path, *, script: str = "") -> tuple[Page, str]:
    """The page after its scripts and one of the test's own have run, and what the console says."""
    source = path.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    source = source.replace("script-src ", f"script-src 'sha256-{digest}' ")
    path.write_text(source.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-quic"
    more = "--disable-component-update --disable-sync --enable-logging=stderr --virtual-time-budget=10000"
    command = [chromium, *flags.split(), *more.split(), f"--user-data-dir={profile}", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    page = Page()
    page.feed(done.stdout.decode())
    return page, "\n".join(line for line in done.stderr.decode().splitlines() if "CONSOLE" in line)
