"""Figures that explain without numbers: the line from plots to decisions, clusters of plots, windows of a day."""

from __future__ import annotations

import math

import numpy as np
from sheet import MARGIN, WIDTH, arrow, box, ellipse_points, new_sheet, save

__all__ = ["draw_clusters", "draw_line", "draw_windows"]


def draw_line() -> None:
    """The rooms of the tracked picture, and the barrier between truth and perception."""
    sheet = new_sheet(
        478,
        "From a true flight to a decision, and what never passes",
        "The tracked picture. Above the line is truth, below it what the defence perceives; only plots cross it.",
    )
    width, step = 216.0, 252.0
    truth = (
        ("true paths", ["end where the raid says, through", "air the tracker does not know"]),
        ("looks", ["in view? detected? signal of this", "look, errors, bias, false plots"]),
        ("links", ["which object a plot came from,", "look by look"]),
    )
    for i, (name, lines) in enumerate(truth):
        box(sheet, MARGIN + i * step, 84, width, 78, name, lines, "warm")
    arrow(sheet, MARGIN + width, 123, MARGIN + step - 2, 123)
    arrow(sheet, MARGIN + step + width, 123, MARGIN + 2 * step - 2, 123)
    sheet.line(MARGIN, 196, WIDTH - MARGIN, 196, "orange", 2, "7 5")
    sheet.text(MARGIN, 188, "truth", colour="orange", bold=True, size=12)
    sheet.text(MARGIN, 214, "perception", colour="orange", bold=True, size=12)
    rows = [
        (
            ("starts", ["three plots that no track took", "become a tentative track"]),
            ("association", ["gates, clusters, the likeliest", "assignment; groups in doubt"]),
            ("filter", ["place, velocity, drag; and how", "wrong air and radar may be"]),
        ),
        (
            ("life of a track", ["tentative, confirmed by plots", "and score, dropped"]),
            ("impact", ["flown once; mean, 2 x 2", "covariance, time"]),
            ("assessment", ["at confirmation and when the", "ellipse has shrunk; P(hit)"]),
        ),
    ]
    for j, row in enumerate(rows):
        for i, (name, lines) in enumerate(row):
            box(sheet, MARGIN + i * step, 232 + 104 * j, width, 78, name, lines, "soft")
    plots_x = MARGIN + step + width / 2
    arrow(sheet, plots_x, 162, plots_x, 230, "blue")
    sheet.text(plots_x + 9, 181, "plots", colour="blue", bold=True)
    arrow(sheet, MARGIN + step + width, 271, MARGIN + 2 * step - 2, 271)
    arrow(sheet, MARGIN + step, 271, MARGIN + width + 2, 271)
    for i in range(2):
        arrow(sheet, MARGIN + i * step + width, 375, MARGIN + (i + 1) * step - 2, 375)
    turn_x, life_x = MARGIN + 2 * step + width / 2, MARGIN + width / 2
    sheet.path([(turn_x, 310), (turn_x, 322), (life_x, 322)], stroke="quiet", width=1.5)
    arrow(sheet, life_x, 310, life_x, 334)
    arrow(sheet, turn_x, 414, turn_x, 436, "blue")
    sheet.text(turn_x - 12, 455, "Picture: battle, warning, console", colour="blue", bold=True, anchor="middle")
    links_x = WIDTH - 9
    sheet.path(
        [(MARGIN + 2 * step + width, 123), (links_x, 123), (links_x, 467), (MARGIN + step + 105, 467)],
        stroke="orange",
        width=1.5,
        dash="3 4",
    )
    sheet.text(
        MARGIN + step + 98,
        471,
        "Links: the battle's kernel and the recorder alone",
        colour="orange",
        anchor="end",
        size=12,
    )
    save(
        sheet,
        "picture-line",
        "Boxes: true paths, looks and links above a barrier; starts, filter, association, life, "
        "impact and assessment below it. Plots alone cross the barrier.",
    )


_TRACKS = {
    "A": ((95.0, 190.0), (900.0, 120.0, 380.0)),
    "B": ((320.0, 170.0), (1000.0, 250.0, 480.0)),
    "C": ((378.0, 205.0), (900.0, -260.0, 520.0)),
    "D": ((590.0, 160.0), (420.0, 60.0, 300.0)),
    "E": ((633.0, 176.0), (420.0, 60.0, 300.0)),
    "F": ((608.0, 208.0), (420.0, 60.0, 300.0)),
}
_PLOTS = ((104, 196), (312, 158), (351, 193), (398, 214), (583, 166), (622, 190), (643, 168), (215, 245), (498, 128))


def draw_clusters() -> None:
    """Gates, clusters and a group."""
    sheet = new_sheet(
        316,
        "A plot in two gates ties two tracks together",
        "Rings are gates (0.999), crosses where a plot is expected, dots the plots of one look. A plot in no gate is "
        "false, or the first of a new track.",
    )
    for left, right, name, words in (
        (24, 188, "alone", "its only plot"),
        (262, 486, "a cluster of two", "solved together, exactly"),
        (530, 716, "a group of three", "identities in doubt: states are mixed"),
    ):
        sheet.rect(left, 86, right - left, 178, "panel", radius=8)
        sheet.text((left + right) / 2, 284, name, bold=True, anchor="middle")
        sheet.text((left + right) / 2, 302, words, colour="quiet", anchor="middle", size=12)
    for name, (centre, (xx, xy, yy)) in _TRACKS.items():
        ring = ellipse_points(np.array(centre), np.array([[xx, xy], [xy, yy]]) / 16.266 * 1.9, 16.266)
        sheet.path(ring, stroke="blue", width=1.5, closed=True)
        x, y = centre
        sheet.line(x - 4, y, x + 4, y, "blue", 1.5)
        sheet.line(x, y - 4, x, y + 4, "blue", 1.5)
        top = min(ring[:, 1])
        sheet.text(
            x, (top - 5) if name != "F" else (max(ring[:, 1]) + 15), name, colour="blue", bold=True, anchor="middle"
        )
    for x, y in _PLOTS:
        sheet.circle(x, y, 3.6, "orange")
    sheet.text(222, 234, "false", colour="quiet", size=12)
    sheet.text(504, 121, "new?", colour="quiet", size=12, anchor="middle")
    save(
        sheet,
        "picture-clusters",
        "Three examples: one track with one plot in its gate, two tracks that share a plot, "
        "three tracks whose gates overlap.",
    )


_BURSTS = ((0.7, 14, 1.0), (1.15, 6, 0.8), (5.2, 40, 1.6), (7.9, 3, 0.7))


def draw_windows() -> None:
    """Windows round bursts, looks inside them, quiet hours between."""
    sheet = new_sheet(
        318,
        "Radars are simulated while something flies",
        "A made-up hour. Bars are flights; a window is a stretch in which flights follow one another within 10 s. "
        "Between windows only false tracks are drawn, at the measured rate.",
    )
    left, right, top, bottom = 96.0, 736.0, 108.0, 238.0
    windows = ((0.6, 2.3), (5.1, 7.15), (7.8, 8.75))

    def at(x: float) -> float:
        return left + x / 10.0 * (right - left)

    for i, (begin, end) in enumerate(windows):
        sheet.rect(at(begin), top - 12, at(end) - at(begin), bottom - top + 66, "soft", radius=6)
        sheet.text((at(begin) + at(end)) / 2, bottom + 72, f"window {i + 1}", anchor="middle", size=12, bold=True)
    for begin, count, length in _BURSTS:
        for k in range(count):
            x0 = begin + 0.6 * math.sqrt(k / 40.0) * 1.0
            y = top + (k * 37 % 101) / 101.0 * (bottom - top - 8)
            sheet.line(at(x0), y + 4, at(min(x0 + 0.55 * length, 9.9)), y + 4, "orange", 1.6)
    sheet.text(left - 10, (top + bottom) / 2, "flights", anchor="end", colour="orange", bold=True)
    for r in range(2):
        y = bottom + 18 + 20 * r
        sheet.text(left - 10, y + 4, f"radar {r + 1}", anchor="end", colour="blue", bold=True)
        sheet.line(left, y, right, y, "grid")
        for begin, end in windows:
            if r == 1 and begin > 7.0:
                continue
            step = 0.055 if r == 0 else 0.11
            for k in range(int((end - begin) / step)):
                x = at(begin + 0.02 + step * k)
                sheet.line(x, y - 5, x, y + 5, "blue", 1)
    sheet.circle(at(2.75), top + 44, 5, "none", "rose", 2)
    sheet.text(at(2.75) + 11, top + 40, "false track of", colour="rose", size=12)
    sheet.text(at(2.75) + 11, top + 55, "a quiet hour", colour="rose", size=12)
    sheet.text(at(8.9), bottom + 42, "not its watch", colour="quiet", size=12)
    save(
        sheet,
        "picture-windows",
        "A time line with three windows of flights, the looks of two radars inside them, and "
        "one false track between them.",
    )
