"""Alerts of a run as CAP 1.2 messages (OASIS Common Alerting Protocol, July 2010), each marked as an exercise.

``status`` is always ``Exercise`` and ``scope`` always ``Restricted``, so that a file that gets out cannot pass for a
real warning. A message tells what happens to areas at one moment: alerts that begin, alerts that are prolonged or end
early (``cap_notices``), these with references to the messages they take the place of. Every message is checked beyond
the schema (``cap_checks``) before it is written.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from opendome.base.errors import RunError
from opendome.base.registry import register
from opendome.exchange.cap_checks import NAMESPACE, problems_between, problems_of
from opendome.exchange.cap_notices import Notice, notices_of
from opendome.exchange.geojson import area_outlines
from opendome.exchange.moments import moment_of
from opendome.scenario.compile import area_names
from opendome.study.single import Run

__all__ = ["cap_messages", "write_cap"]

_SENDER = "opendome@exercise.invalid"
_NOTE = "Simulation for analysis and education. No such attack takes place."
_IN_FORCE = {
    "responseType": "Shelter",
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Likely",
    "headline": "EXERCISE EXERCISE EXERCISE: rocket alert",
    "instruction": "EXERCISE: go to shelter and stay until the alert ends.",
}
_OVER = {
    "responseType": "AllClear",
    "urgency": "Past",
    "severity": "Minor",
    "certainty": "Unlikely",
    "headline": "EXERCISE EXERCISE EXERCISE: rocket alert has ended",
    "instruction": "EXERCISE: you may leave shelter.",
}


@register("exporter", "cap")
def write_cap(run: Run, folder: Path) -> list[Path]:
    """Write one CAP file for each message; give their paths.

    Raises
    ------
    RunError
        A message breaks a rule of CAP that the schema does not know (a fault of the program).
    """
    folder.mkdir(parents=True, exist_ok=True)
    messages = list(cap_messages(run))
    wrong = [f"{identifier}: {problem}" for identifier, text in messages for problem in problems_of(text)]
    wrong += problems_between(text for _, text in messages)
    if wrong:
        raise RunError(f"CAP messages are not valid: {'; '.join(wrong)}")
    paths = []
    for identifier, text in messages:
        path = folder / f"{identifier}.cap.xml"
        path.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def cap_messages(run: Run) -> Iterator[tuple[str, str]]:
    """Give (identifier, XML text) of every message of a run, in order of time."""
    writer = _Writer(run)
    for number, notice in enumerate(writer.notices):
        alert = writer.message(number, notice)
        ET.indent(alert, " ")
        text = '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(alert, encoding="unicode") + "\n"
        yield writer.identifier(number), text


class _Writer:
    """Writes the messages of one run."""

    def __init__(self, run: Run):
        self.run = run
        self.outlines, self.names = area_outlines(run), dict(area_names(run.scenario))
        self.notices = notices_of(run.table("warnings").to_pylist(), 60.0 * run.scenario.model.warning.stay_min)

    def identifier(self, number: int) -> str:
        return f"opendome-{self.run.scenario.name}-{self.run.seed}-{self.run.replication}-{number:05d}"

    def message(self, number: int, notice: Notice) -> ET.Element:
        """One message: head, then one block for each end of alerts, and one for those that are over."""
        alert = ET.Element("alert", {"xmlns": NAMESPACE})
        _add(alert, "identifier", self.identifier(number))
        _add(alert, "sender", _SENDER)
        _add(alert, "sent", self.time(notice.t_s))
        _add(alert, "status", "Exercise")
        _add(alert, "msgType", notice.kind)
        _add(alert, "source", "OpenDome simulation")
        _add(alert, "scope", "Restricted")
        _add(alert, "restriction", "Users of the simulation only; not for any alert service.")
        _add(alert, "note", _NOTE)
        if notice.replaces:
            triples = [f"{_SENDER},{self.identifier(i)},{self.time(self.notices[i].t_s)}" for i in notice.replaces]
            _add(alert, "references", " ".join(triples))
        for until_s in sorted(set(notice.until_s.values())):
            areas = [area_id for area_id, end_s in notice.until_s.items() if end_s == until_s]
            self.block(alert, notice.t_s, until_s, _IN_FORCE, areas)
        if notice.ended:
            self.block(alert, notice.t_s, notice.t_s, _OVER, notice.ended)
        return alert

    def block(self, alert: ET.Element, t_s: float, until_s: float, words: dict[str, str], areas: Iterable[str]) -> None:
        """One ``info``: what to do, then the areas; elements in the schema's order."""
        info = ET.SubElement(alert, "info")
        for name, text in (
            ("language", "en-US"),
            ("category", "Security"),
            ("event", "EXERCISE: rocket alert"),
            ("responseType", words["responseType"]),
            ("urgency", words["urgency"]),
            ("severity", words["severity"]),
            ("certainty", words["certainty"]),
            ("effective", self.time(t_s)),
            ("expires", self.time(until_s)),
            ("senderName", "OpenDome exercise"),
            ("headline", words["headline"]),
            ("description", _NOTE),
            ("instruction", words["instruction"]),
        ):
            _add(info, name, text)
        for area_id in areas:
            area = ET.SubElement(info, "area")
            _add(area, "areaDesc", f"EXERCISE: {self.names[area_id]}")
            _add(area, "polygon", " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat in self.outlines[area_id]))
            code = ET.SubElement(area, "geocode")
            _add(code, "valueName", "opendome-area-id")
            _add(code, "value", area_id)

    def time(self, t_s: float) -> str:
        """Whole seconds, rounded up, with the numeric offset that CAP asks for; UTC is -00:00."""
        moment = moment_of(self.run, t_s)
        if moment.microsecond:
            moment = moment.replace(microsecond=0) + timedelta(seconds=1)
        return moment.strftime("%Y-%m-%dT%H:%M:%S") + "-00:00"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
