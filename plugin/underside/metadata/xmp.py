"""XMP packets: where JPEG had to split them, and how to make them one again."""

import hashlib
import io
import re
import struct
import threading
from collections.abc import Iterable
from xml.etree import ElementTree

__all__ = ["EXTENSION", "PACKET", "joined", "split_for_jpeg"]

PACKET = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NOTE = "http://ns.adobe.com/xmp/note/"
_LARGEST = 65533 - len(PACKET)
_LARGEST_PART = 65533 - len(EXTENSION) - 40
# ElementTree has one table of prefixes for the whole process.
_PREFIXES = threading.Lock()
_WRAPPER = re.compile(rb"<\?xpacket.*?\?>")


def joined(packet: bytes, extensions: Iterable[bytes]) -> bytes:
    """One packet from the standard one and the segments that extend it; the standard one where that fails."""
    parts = [_part(extension) for extension in extensions]
    named = [part for part in parts if part is not None and part[0] in packet]
    rest = b"".join(content for _, _, content in sorted(named, key=lambda part: part[1]))
    if not rest:
        return packet
    try:
        with _PREFIXES:
            return _merged(packet, _WRAPPER.sub(b"", rest))
    except (ElementTree.ParseError, ValueError, RecursionError):
        return packet


def _merged(packet: bytes, extension: bytes) -> bytes:
    for prefix, uri in {**_prefixes(extension), **_prefixes(packet)}.items():
        ElementTree.register_namespace(prefix, uri)
    whole = ElementTree.fromstring(packet)
    target = _rdf(whole)
    for description in target:
        description.attrib.pop(f"{{{_NOTE}}}HasExtendedXMP", None)
        for element in description.findall(f"{{{_NOTE}}}HasExtendedXMP"):
            description.remove(element)
    target.extend(_rdf(ElementTree.fromstring(extension)))
    merged: bytes = ElementTree.tostring(whole, encoding="utf-8")
    return merged


def split_for_jpeg(packet: bytes) -> list[bytes]:
    """The segments' contents that hold a packet: one, or a stub and its extensions if it is too long."""
    if len(packet) <= _LARGEST:
        return [PACKET + packet] if packet else []
    content = _WRAPPER.sub(b"", packet).strip()
    name = hashlib.md5(content, usedforsecurity=False).hexdigest().upper().encode()
    stub = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + _RDF.encode() + b'">'
        b'<rdf:Description rdf:about="" xmlns:xmpNote="' + _NOTE.encode() + b'" '
        b'xmpNote:HasExtendedXMP="' + name + b'"/></rdf:RDF></x:xmpmeta>'
    )
    parts = range(0, len(content), _LARGEST_PART)
    heads = [name + struct.pack(">II", len(content), begin) for begin in parts]
    return [
        PACKET + stub,
        *(EXTENSION + head + content[at : at + _LARGEST_PART] for head, at in zip(heads, parts, strict=True)),
    ]


def _part(extension: bytes) -> tuple[bytes, int, bytes] | None:
    body = extension.removeprefix(EXTENSION)
    return (body[:32], int.from_bytes(body[36:40], "big"), body[40:]) if len(body) > 40 else None


def _prefixes(packet: bytes) -> dict[str, str]:
    events = ElementTree.iterparse(io.BytesIO(packet), events=["start-ns"])
    return {prefix: uri for _, (prefix, uri) in events if prefix and not re.fullmatch(r"ns\d+", prefix)}


def _rdf(root: ElementTree.Element) -> ElementTree.Element:
    found = root if root.tag == f"{{{_RDF}}}RDF" else root.find(f".//{{{_RDF}}}RDF")
    if found is None:
        raise ValueError("no RDF")
    return found
