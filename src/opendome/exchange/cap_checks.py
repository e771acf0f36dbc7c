"""What must hold of CAP 1.2 messages beyond their schema, which lets an open polygon and a comma in a name through.

Rules: CAP 1.2, sections 3.2.1 (identifier, sender, references), 3.2.2 (times) and 3.2.4 (polygons); and our own, that
every message is an exercise.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from datetime import datetime

__all__ = ["NAMESPACE", "problems_between", "problems_of"]

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
"""XML namespace of CAP 1.2."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_WORD = re.compile(r"[^\s,<&]+")
_REFERENCE = re.compile(rf"{_WORD.pattern},{_WORD.pattern},{_TIME.pattern}")
_LEAST_POINTS = 4


def problems_of(text: str) -> list[str]:
    """Say what is wrong with one message: identifiers, references, times, polygons, status; [] if nothing is."""
    root = ET.fromstring(text.encode("utf-8"))
    found = []
    for name in ("identifier", "sender"):
        if not _WORD.fullmatch(_text(root, name)):
            found.append(f"{name} {_text(root, name)!r} holds a space, a comma, < or &, or is empty")
    if _text(root, "status") != "Exercise":
        found.append(f"status is {_text(root, 'status')!r}, and must be Exercise")
    found += _reference_problems(root)
    for name in ("sent", "effective", "expires"):
        for element in root.iter(f"{{{NAMESPACE}}}{name}"):
            if not _TIME.fullmatch(element.text or ""):
                found.append(f"{name} {element.text!r} is no time with a numeric offset")
    if not found:
        found += _time_problems(root)
    for element in root.iter(f"{{{NAMESPACE}}}polygon"):
        found += _polygon_problems(element.text or "")
    return found


def problems_between(texts: Iterable[str]) -> list[str]:
    """Say what is wrong with messages together, in order of sending: identifiers used twice, references to nothing."""
    known: dict[tuple[str, str], str] = {}
    found, last = [], ""
    for text in texts:
        root = ET.fromstring(text.encode("utf-8"))
        identifier, sender, sent = (_text(root, name) for name in ("identifier", "sender", "sent"))
        for reference in _text(root, "references").split():
            whose, which, when = [*reference.split(","), "", ""][:3]
            if known.get((whose, which)) != when:
                found.append(f"{identifier} refers to {reference!r}, which was not sent before it")
        if (sender, identifier) in known:
            found.append(f"identifier {identifier!r} is used twice")
        known[sender, identifier] = sent
        if last and datetime.fromisoformat(sent) < datetime.fromisoformat(last):
            found.append(f"{identifier} is sent before the message before it")
        last = sent
    return found


def _text(root: ET.Element, name: str) -> str:
    return root.findtext(f"{{{NAMESPACE}}}{name}") or ""


def _reference_problems(root: ET.Element) -> Iterator[str]:
    kind, references = _text(root, "msgType"), _text(root, "references")
    if kind == "Alert" and references:
        yield "an Alert refers to earlier messages, as only an Update or a Cancel may"
    if kind in ("Update", "Cancel") and not references.strip():
        yield f"references are missing, and {kind} needs them"
    for reference in references.split():
        if not _REFERENCE.fullmatch(reference):
            yield f"references hold {reference!r}, which is not sender,identifier,sent"


def _time_problems(root: ET.Element) -> Iterator[str]:
    for info in root.iter(f"{{{NAMESPACE}}}info"):
        effective, expires = _text(info, "effective"), _text(info, "expires")
        if effective and expires and datetime.fromisoformat(expires) < datetime.fromisoformat(effective):
            yield f"expires {expires!r} comes before effective {effective!r}"


def _polygon_problems(text: str) -> Iterator[str]:
    points = text.split()
    if len(points) < _LEAST_POINTS:
        yield f"a polygon has {len(points)} points, and needs {_LEAST_POINTS}"
    if points and points[0] != points[-1]:
        yield "a polygon does not end where it begins"
    for point in points:
        lat, _, lon = point.partition(",")
        try:
            is_on_earth = abs(float(lat)) <= 90.0 and abs(float(lon)) <= 180.0
        except ValueError:
            is_on_earth = False
        if not is_on_earth:
            yield f"{point!r} is no latitude,longitude"
            return
