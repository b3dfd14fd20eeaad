"""HTML in which every text is escaped unless it is markup already."""

import base64
import hashlib
import os
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

__all__ = ["Html", "asset", "data_address", "file_address", "join", "markup", "page"]


class Html(str):
    """Markup: what is put into a page as it is."""

    __slots__ = ()


def markup(template: str, **values: object) -> Html:
    """The template with its ``$names`` filled in; what is not `Html` is text, and escaped."""
    texts = {name: value if isinstance(value, Html) else escape(str(value)) for name, value in values.items()}
    return Html(Template(template).substitute(texts))


def join(parts: Iterable[Html]) -> Html:
    """Pieces of markup, one after the other."""
    return Html("\n".join(parts))


def asset(name: str) -> str:
    """A template, style or script that lies beside this module."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def page(template: str, *, style: str, script: str = "", **values: object) -> bytes:
    """A whole page as bytes; what UTF-8 cannot hold (a name in a broken encoding) becomes question marks.

    Its content security policy allows the one style and the one script, by their hashes.
    """
    own = {
        "style": Html(style),
        "style_hash": _content_hash(style),
        "script": Html(script),
        "script_hash": _content_hash(script),
    }
    return markup(template, **own, **values).encode(errors="replace")


def _content_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def data_address(content: bytes, kind: str) -> Html:
    """The content itself as an address."""
    return Html(f"data:{kind};base64,{base64.b64encode(content).decode()}")


def file_address(file: Path, *, page_folder: Path) -> str:
    """How a page in the folder links to a file: where it can, so that both may move together."""
    try:
        relative = os.path.relpath(file, page_folder)
    except ValueError:  # another drive of Windows
        return file.as_uri()
    return quote(Path(relative).as_posix(), errors="surrogateescape")
