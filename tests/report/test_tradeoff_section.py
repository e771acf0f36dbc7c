"""Warning's trade-off in the report: what the title says, what is drawn, and that nothing is drawn without it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.report.figures.tradeoff import tradeoff_figure
from opendome.report.tradeoff import tradeoff_panel, tradeoff_table

NAMES = ("synthetic-25", "areas")
SCALES = (1.0, 2.0)
STEPS = (math.nan, 0.1, 0.5, 0.9)


class Folder:
    """A study's folder with the tables of the trade-off alone, or without."""

    def __init__(self, ratio=7.5, is_there=True):
        self.scenario, self.seed, self.confidence = {"picture": {"error_scale": 1.0}}, "5", 0.95
        self.tables = {"tradeoff": self._points(), "tradeoff_equal": self._equal(ratio)} if is_there else {}

    def has(self, name):
        return name in self.tables

    def rows(self, table, **equal):
        columns = self.tables[table]
        keep = np.ones(len(columns["zoning"]), bool)
        for name, wanted in equal.items():
            keep &= columns[name] == wanted
        return {name: values[keep] for name, values in columns.items()}

    @staticmethod
    def _points():
        rows = []
        for scale in SCALES:
            for i, name in enumerate(NAMES):
                for k, p in enumerate(STEPS):
                    missed, minutes = 0.001 * scale * 3.0**k, 4e8 * 5.0 ** (1 - i) * scale / (k + 1.0)
                    ends = [
                        (column, value * factor)
                        for name_of, value in (("needless_people", 3e7), ("person_minutes", minutes))
                        for column, factor in ((name_of, 1.0), (f"{name_of}_low", 0.9), (f"{name_of}_high", 1.1))
                    ]
                    share = {"share_in_time": 1 - missed, "share_in_time_low": 1 - 1.2 * missed,
                             "share_in_time_high": 1 - 0.8 * missed}  # fmt: skip
                    rows.append({"zoning": name, "n_zones": (15, 795)[i], "error_scale": scale, "p_area_at_least": p,
                                 **share, **dict(ends), "n": 40})  # fmt: skip
        return {key: np.array([row[key] for row in rows]) for key in rows[0]}

    @staticmethod
    def _equal(ratio):
        rows = [
            {"share_missed": share, "zoning": name, "n_zones": 15, "error_scale": scale, "ratio": value,
             "ratio_low": value if name == "areas" else value - 0.2,
             "ratio_high": value if name == "areas" else value + 0.2}
            for share in (0.005, 0.01)
            for scale in SCALES
            for name, value in (("synthetic-25", ratio if share == 0.01 else 5.0), ("areas", 1.0))
        ]  # fmt: skip
        return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def test_the_title_says_what_coarse_zones_cost_where_one_in_a_hundred_is_missed():
    panel = tradeoff_panel(Folder())
    assert (
        panel.heading.title
        == "With 25 zones, missing 1 % of the threatened costs 7.5 times the shelter of single areas"
    )
    assert "40 campaigns, seed 5" in panel.heading.note and "95 %" in panel.heading.note


def test_a_ratio_beyond_the_thresholds_gives_way_to_one_that_is_read_off():
    panel = tradeoff_panel(Folder(ratio=math.nan))
    assert "missing 0.5 % of the threatened costs 5.0 times" in panel.heading.title


def test_curves_run_over_thresholds_and_the_own_rule_stands_apart():
    by_zoning, by_quality = tradeoff_panel(Folder()).graphs
    assert [curve.label for curve in by_zoning.curves] == ["25 zones", "single areas"]
    assert [curve.label for curve in by_quality.curves] == ["as it is", "twice the error"]
    areas = by_zoning.curves[1]
    assert areas.is_reference and len(areas.points) == len(STEPS) - 1
    assert areas.own.missed == pytest.approx((0.001, 0.0008, 0.0012))
    assert areas.own.minutes == pytest.approx((400.0, 360.0, 440.0))
    assert [point.missed[0] for point in areas.points] == pytest.approx([0.003, 0.009, 0.027])


def test_the_drawing_names_every_curve_and_rings_the_own_rule():
    figure = tradeoff_figure(tradeoff_panel(Folder()))
    for drawing in (figure.wide, figure.narrow):
        assert drawing.count("<circle") == 4
        assert all(label in drawing for label in ("25 zones", "single areas", "twice the error", "By zoning"))


def test_the_table_has_intervals_and_a_dash_for_what_could_not_be_read_off():
    table = tradeoff_table(Folder(ratio=math.nan))
    assert [name for name, _ in table.columns][-2:] == ["where 0.5 % are missed", "where 1 % are missed"]
    assert table.rows[0][:2] == ("25 zones (15 here)", "99.90 % (99.88 to 99.92)")
    assert table.rows[0][-2:] == ("5.0 (4.8 to 5.2)", "–")
    assert table.rows[1][-1] == "1"


def test_without_the_tables_there_is_no_section():
    assert tradeoff_panel(Folder(is_there=False)) is None and tradeoff_table(Folder(is_there=False)) is None
