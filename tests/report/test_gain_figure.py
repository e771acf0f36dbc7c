"""The figure of gains where there is nothing to see."""

from __future__ import annotations

from opendome.report.figures.gain import gain_figure
from opendome.report.model import Estimate, GainPanel, GainRow, Heading


def test_alternatives_that_differ_in_nothing_are_drawn_about_zero():
    none = Estimate(0.0, 0.0, 0.0, 2)
    row = GainRow("One more", True, (0.0, 0.0), none)
    figure = gain_figure(GainPanel(Heading("1", "Gain", ""), (row,), "", (), None, 1))
    assert "One more" in figure.wide and "NaN" not in figure.wide and "inf" not in figure.wide
