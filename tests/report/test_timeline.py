"""The time line of batteries whose day is drawn: it rises with the share of campaigns in which they work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from opendome.report.figures.timeline import timeline_figure
from opendome.report.folder import StudyFolder
from opendome.report.supply import timeline_panel

BATTERIES = [
    {"id": "stays"},
    {"id": "brought", "transfer": {"lift": "air", "loads": 3}, "leaves_day": 20.0},
    {"id": "never", "transfer": {"lift": "air", "loads": 3}},
]


@pytest.fixture
def panel():
    operations = {
        "alternative": np.array(["more"] * 8, dtype=object),
        "replication": np.repeat(np.arange(4), 2),
        "battery_id": np.array(["brought", "never"] * 4, dtype=object),
        "operational_day": np.array([5.0, np.nan, 8.0, np.nan, 6.0, np.nan, np.nan, np.nan]),
    }
    replications = {"alternative": np.array(["as-is", "more"], dtype=object)}
    tables = {"replications": replications, "operations": operations}
    folder = StudyFolder(Path(), {"headline_alternative": "more"}, {"duration_day": 30}, tables)
    resolved = {"as-is": {"batteries": BATTERIES[:1]}, "more": {"batteries": BATTERIES}}
    return timeline_panel(folder, resolved, 2.0)


def test_shares_rise_to_those_that_work_and_end_when_it_leaves(panel):
    stays, brought, never = panel.rows
    assert stays.shares == () and [(s.kind, s.start_day, s.end_day) for s in stays.spans] == [("ready", 0.0, 30.0)]
    assert brought.shares == ((5.0, 0.25), (6.0, 0.5), (8.0, 0.75), (20.0, 0.0))
    assert brought.spans == () and never.spans == ()
    assert "Rising" in panel.heading.subtitle


def test_the_figure_says_so(panel):
    drawing = timeline_figure(panel).wide
    assert "works in 50 % of campaigns from day 6" in drawing
    assert "not at work before the end" in drawing
