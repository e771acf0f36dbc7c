"""Sets the review as one self-contained HTML page, in the report's manner: the answer first, then why."""

from __future__ import annotations

from collections.abc import Iterable

from opendome.report.page import answer_section, figure_section, shell, table_section

from .review import Review
from .review_content import ReviewContent, content_of
from .review_figures import beside_figure, timeline_figure, times_figure

__all__ = ["page_of", "review_html"]


def review_html(review: Review) -> str:
    """Set a review as an HTML page; deterministic."""
    return page_of(content_of(review))


def page_of(content: ReviewContent) -> str:
    """Set the content as an HTML page; deterministic."""
    return shell(content.title, content.place_line, content.answer.text, _sections(content), content.notes)


def _sections(content: ReviewContent) -> Iterable[str]:
    leaks, *others = content.beside
    first, *tables = content.tables
    yield answer_section(content.question, content.answer, content.boxes)
    yield figure_section(leaks.heading, beside_figure(leaks))
    yield table_section(first)
    yield figure_section(content.timeline.heading, timeline_figure(content.timeline))
    yield figure_section(content.times.heading, times_figure(content.times))
    for panel in others:
        yield figure_section(panel.heading, beside_figure(panel))
    for table in tables:
        yield table_section(table)
