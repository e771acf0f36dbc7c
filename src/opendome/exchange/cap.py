"""Alerts of a run as CAP 1.2 messages (OASIS Common Alerting Protocol, July 2010), each marked as an exercise.

``status`` is always ``Exercise`` and ``scope`` always ``Restricted``, so that a file that gets out cannot pass for a
real warning. One message holds the areas that are alerted at one moment. The OASIS schema lets an open polygon and a
comma in an identifier through; ``problems_of`` does not.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from opendome.base.errors import RunError
from opendome.base.registry import register
from opendome.exchange.geojson import area_outlines
from opendome.exchange.moments import moment_of
from opendome.scenario.compile import area_names
from opendome.study.single import Run

__all__ = ["NAMESPACE", "cap_messages", "problems_of", "write_cap"]

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
"""XML namespace of CAP 1.2."""

_SENDER = "opendome@exercise.invalid"
_NOTE = "Simulation for analysis and education. No such attack takes place."
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_WORD = re.compile(r"[^\s,<&]+")
_LEAST_POINTS = 4


@register("exporter", "cap")
def write_cap(run: Run, folder: Path) -> list[Path]:
    """Write one CAP file for each moment of alert; give their paths.

    Raises
    ------
    RunError
        A message breaks a rule of CAP that the schema does not know (a fault of the program).
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for identifier, text in cap_messages(run):
        problems = problems_of(text)
        if problems:
            raise RunError(f"CAP message {identifier} is not valid: {'; '.join(problems)}")
        path = folder / f"{identifier}.cap.xml"
        path.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def cap_messages(run: Run) -> Iterator[tuple[str, str]]:
    """Give (identifier, XML text) of every message of a run, in order of time."""
    outlines, names = area_outlines(run), dict(area_names(run.scenario))
    rows = run.table("warnings").to_pylist()
    for number, (t_s, group) in enumerate(groupby(rows, key=lambda row: row["t_s"])):
        identifier = f"opendome-{run.scenario.name}-{run.seed}-{run.replication}-{number:05d}"
        alert = _message(run, identifier, t_s, list(group), names, outlines)
        ET.indent(alert, " ")
        yield identifier, '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(alert, encoding="unicode") + "\n"


def _message(
    run: Run, identifier: str, t_s: float, rows: list[dict[str, Any]], names: dict[str, str], outlines: dict[str, Any]
) -> ET.Element:
    """One message: head, then what to do, then the areas; elements in the schema's order."""
    alert = ET.Element("alert", {"xmlns": NAMESPACE})
    _add(alert, "identifier", identifier)
    _add(alert, "sender", _SENDER)
    _add(alert, "sent", _time(run, t_s))
    _add(alert, "status", "Exercise")
    _add(alert, "msgType", "Alert")
    _add(alert, "source", "OpenDome simulation")
    _add(alert, "scope", "Restricted")
    _add(alert, "restriction", "Users of the simulation only; not for any alert service.")
    _add(alert, "note", _NOTE)
    info = ET.SubElement(alert, "info")
    for name, text in (
        ("language", "en-US"),
        ("category", "Security"),
        ("event", "EXERCISE: rocket alert"),
        ("responseType", "Shelter"),
        ("urgency", "Immediate"),
        ("severity", "Severe"),
        ("certainty", "Likely"),
        ("effective", _time(run, t_s)),
        ("expires", _time(run, max(row["t_end_s"] for row in rows))),
        ("senderName", "OpenDome exercise"),
        ("headline", "EXERCISE EXERCISE EXERCISE: rocket alert"),
        ("description", _NOTE),
        ("instruction", "EXERCISE: go to shelter and stay until the alert ends."),
    ):
        _add(info, name, text)
    for row in rows:
        area = ET.SubElement(info, "area")
        _add(area, "areaDesc", f"EXERCISE: {names[row['area_id']]}")
        _add(area, "polygon", " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat in outlines[row["area_id"]]))
        code = ET.SubElement(area, "geocode")
        _add(code, "valueName", "opendome-area-id")
        _add(code, "value", row["area_id"])
    return alert


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _time(run: Run, t_s: float) -> str:
    """Whole seconds, rounded up, with the numeric offset that CAP asks for; UTC is -00:00."""
    moment = moment_of(run, t_s)
    if moment.microsecond:
        moment = moment.replace(microsecond=0) + timedelta(seconds=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + "-00:00"


def problems_of(text: str) -> list[str]:
    """Say what is wrong with a CAP message beyond its schema: identifiers, times, polygons, status; [] if nothing is.

    Rules: CAP 1.2, sections 3.2.1 and 3.2.4.
    """
    root = ET.fromstring(text.encode("utf-8"))
    found = []
    for name in ("identifier", "sender"):
        if not _WORD.fullmatch(_text(root, name)):
            found.append(f"{name} {_text(root, name)!r} holds a space, a comma, < or &, or is empty")
    if _text(root, "status") != "Exercise":
        found.append(f"status is {_text(root, 'status')!r}, and must be Exercise")
    for name in ("sent", "effective", "expires"):
        for element in root.iter(f"{{{NAMESPACE}}}{name}"):
            if not _TIME.fullmatch(element.text or ""):
                found.append(f"{name} {element.text!r} is no time with a numeric offset")
    for element in root.iter(f"{{{NAMESPACE}}}polygon"):
        found += _polygon_problems(element.text or "")
    return found


def _text(root: ET.Element, name: str) -> str:
    return root.findtext(f"{{{NAMESPACE}}}{name}") or ""


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
