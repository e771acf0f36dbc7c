"""Sets the content as one self-contained HTML page, and prints it to PDF through a browser.

The page asks no other host for anything: style and drawings are inside it, fonts are the reader's own, no script.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from html import escape as _escape
from importlib.resources import files
from pathlib import Path

from opendome.base.errors import CommandError, RunError
from opendome.report.background import Background, background_of
from opendome.report.content import content_of
from opendome.report.figures.ends import ends_figure
from opendome.report.figures.gain import gain_figure
from opendome.report.figures.grid import grid_figure
from opendome.report.figures.indices import index_figure
from opendome.report.figures.leads import leads_figure
from opendome.report.figures.map import area_list_figure, map_figure
from opendome.report.figures.published import published_figure
from opendome.report.figures.scatter import scatter_figure
from opendome.report.figures.stock import stock_figure
from opendome.report.figures.success import success_figure
from opendome.report.figures.supply import supply_figure
from opendome.report.figures.svg import Figure
from opendome.report.figures.timeline import timeline_figure
from opendome.report.figures.tornado import tornado_figure
from opendome.report.figures.tradeoff import tradeoff_figure
from opendome.report.folder import read_folder
from opendome.report.geometry import MapGeometry
from opendome.report.model import Answer, Box, Content, EndsPanel, Heading, TextTable
from opendome.report.sweep_content import sweep_content
from opendome.report.sweep_model import SweepContent
from opendome.report.tokens import LEAK_SHADES, TEXT_PAIRS, stylesheet
from opendome.report.words import number
from opendome.study.sweep_record import is_sweep, open_sweep

__all__ = [
    "answer_section",
    "figure_section",
    "find_browser",
    "make_pdf",
    "make_report",
    "page_html",
    "shell",
    "table_section",
]

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-pdf-header-footer",
)


def escape(words: str) -> str:
    """Escape words for HTML, apostrophes set as typographers do."""
    return _escape(words.replace("'", "’"))


def make_report(folder: str | Path, out: str | Path | None = None, *, background: Background | None = None) -> Path:
    """Write the report of a study, or of a sweep, as one HTML file.

    Parameters
    ----------
    folder : str or Path
        Folder of a study or a sweep, with ``manifest.json`` and its tables.
    out : str or Path, optional
        HTML file to write; ``folder/report/index.html`` where left out.
    background : Background, optional
        Resolved scenarios, map and catalogue figures, where they are known already.

    Returns
    -------
    Path
        The file written; the same folder gives the same bytes.

    Raises
    ------
    CommandError
        No finished study or sweep in that folder.
    """
    if is_sweep(folder):
        text = sweep_html(sweep_content(open_sweep(folder)))
    else:
        study = read_folder(folder)
        background = background_of(study) if background is None else background
        text = page_html(content_of(study, background), background.geometry)
    path = Path(out) if out is not None else Path(folder) / "report" / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def sweep_html(content: SweepContent) -> str:
    """Set the content of a sweep as an HTML page; deterministic."""
    sections = (
        answer_section(content.question, content.answer, content.boxes),
        figure_section(content.indices.heading, index_figure(content.indices)),
        figure_section(content.scatter.heading, scatter_figure(content.scatter)),
        *(table_section(table) for table in content.tables),
    )
    line = f"{content.title}, {content.place_line}"
    return shell(content.title, line, content.answer.text, sections, content.notes)


def find_browser() -> str | None:
    """Give the path of a browser that prints PDF: the one named by OPENDOME_BROWSER, else Chromium, Chrome or Edge."""
    named = os.environ.get("OPENDOME_BROWSER")
    return shutil.which(named) if named else next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def make_pdf(folder: str | Path, out: str | Path | None = None, *, timeout_s: float = 120.0) -> Path:
    """Print the report to PDF through a headless browser; the HTML is made first where it is missing.

    Raises
    ------
    CommandError
        No browser that can print; the message says what to install.
    RunError
        The browser failed.
    """
    html = Path(folder) / "report" / "index.html"
    browser = find_browser()
    if browser is None:
        raise CommandError(
            "PDF is printed by Chromium, and none was found: install it (Debian and Ubuntu: `apt-get install "
            "chromium`), "
            "or name a Chromium, Chrome or Edge in OPENDOME_BROWSER, or open the HTML report and print it to PDF there"
        )
    if not html.exists():
        make_report(folder)
    path = (Path(out) if out is not None else html.with_suffix(".pdf")).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="opendome-print-") as profile:
        command = [browser, *_FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={path}", html.resolve().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False, text=True)
        except subprocess.TimeoutExpired as error:
            raise RunError(f"{browser} did not print {html} within {timeout_s:g} s") from error
    if done.returncode != 0 or not path.exists():
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RunError(f"{browser} could not print {html}: {last}")
    return path


def page_html(content: Content, geometry: MapGeometry | None) -> str:
    """Set the content as an HTML page; deterministic."""
    line = f"{content.title}, {content.place_line}"
    return shell(content.title, line, content.answer.text, _sections(content, geometry), content.notes)


def shell(title: str, line: str, description: str, sections: Iterable[str], notes: Sequence[tuple[str, str]]) -> str:
    """Set sections between the head line and the closing notes, as a page with all its styles; deterministic."""
    css = stylesheet() + _text_colours() + files("opendome.report").joinpath("style.css").read_text(encoding="utf-8")
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} – OpenDome report</title>"
        f'<meta name="description" content="{escape(description)}">'
        '<link rel="icon" href="data:,">'
        f'<style>\n{css}</style></head>\n<body><a class="skip" href="#answer">To the answer</a>'
        f'<div class="page">\n{_head(line)}\n<main>\n'
        + "\n".join(part for part in sections if part)
        + f"\n</main>\n{_foot(notes)}\n</div></body></html>\n"
    )


def _text_colours() -> str:
    """One class for each token in which words are set inside drawings."""
    names = sorted({text for text, _ in TEXT_PAIRS} | {f"on-leaked-{i}" for i in range(1, LEAK_SHADES + 1)})
    return "".join(f"svg .c-{name}{{fill:var(--{name})}}" for name in names) + "\n"


def _head(line: str) -> str:
    return (
        f'<header class="top"><span><b>OpenDome report</b>{escape(line)}</span>'
        "<span>Analysis and education only; battery sites are notional</span></header>"
    )


def _sections(content: Content, geometry: MapGeometry | None) -> Iterable[str]:
    yield answer_section(content.question, content.answer, content.boxes)
    if content.published is not None:
        yield figure_section(content.published.heading, published_figure(content.published))
    if content.gain is not None:
        yield figure_section(content.gain.heading, gain_figure(content.gain))
    yield f'<p class="lead">{escape(content.lead)}</p>'
    yield figure_section(content.ends.heading, ends_figure(content.ends), _scale_words(content.ends))
    if content.stock is not None:
        yield figure_section(content.stock.heading, stock_figure(content.stock))
    if content.supply is not None:
        yield figure_section(content.supply.heading, supply_figure(content.supply))
    success = figure_section(content.success.heading, success_figure(content.success))
    if content.grid is not None:
        yield f'<div class="pair">{figure_section(content.grid.heading, grid_figure(content.grid))}{success}</div>'
    else:
        yield success
    yield _map(content, geometry)
    if content.timeline is not None:
        heading = content.timeline.heading
        drawing = _drawing(timeline_figure(content.timeline))
        words = f'<h3>{escape(heading.title)}</h3><p class="sub">{escape(heading.subtitle)}</p>'
        yield f'<section class="fig tl">{words}{drawing}</section>'
    if content.leads is not None:
        yield figure_section(content.leads.heading, leads_figure(content.leads))
    if content.two_by_two is not None:
        yield table_section(content.two_by_two)
    if content.tradeoff is not None:
        yield figure_section(content.tradeoff.heading, tradeoff_figure(content.tradeoff))
    if content.tornado is not None:
        yield figure_section(content.tornado.heading, tornado_figure(content.tornado))
    yield table_section(content.needless)
    for table in content.tables:
        yield table_section(table)


def answer_section(question: str, answer: Answer, boxes: Sequence[Box]) -> str:
    """Set the question, the answer in large letters and the boxes under it."""
    said = "".join(
        f'<span class="iv">{escape(words)}</span>' if is_interval else escape(words)
        for words, is_interval in answer.pieces
    )
    below = "".join(_box(box) for box in boxes)
    return f'<p class="question">{escape(question)}</p><h1 id="answer">{said}</h1>' + (
        f'<dl class="boxes">{below}</dl>' if below else ""
    )


def _box(box: Box) -> str:
    body = "".join(f"<b>{escape(words)}</b>" if strong else escape(words) for words, strong in box.pieces)
    return f"<div><dt>{escape(box.label)}</dt><dd>{body}</dd></div>"


def _drawing(figure: Figure) -> str:
    return f'<figure><div class="w">{figure.wide}</div><div class="n">{figure.narrow}</div></figure>'


def figure_section(heading: Heading, figure: Figure, subtitle_more: str = "") -> str:
    """Set a figure under its finding, with what is drawn and where it comes from."""
    note = f'<p class="note">{escape(heading.note)}</p>' if heading.note else ""
    return (
        f'<section class="fig"><h2>{escape(heading.title)}</h2>'
        f'<p class="sub">{escape(heading.subtitle)}{subtitle_more}</p>{_drawing(figure)}{note}</section>'
    )


def _scale_words(panel: EndsPanel) -> str:
    """Say by how much the leaked part is enlarged; on the phone, where reasons have no room, their order as well."""
    reasons = escape(", ".join(part.name for part in panel.reasons))

    def times(scale: float) -> str:
        return f"drawn {number(scale)} times larger" if scale > 1 else "on the same scale"

    return (
        f' <span class="only-wide">Right: the leaked part by reason, {times(panel.leak_scale)}.</span>'
        '<span class="only-narrow">Second line, the leaked part by reason, '
        f"{times(panel.narrow_leak_scale)}: {reasons}; "
        "total at the right.</span>"
    )


def _map(content: Content, geometry: MapGeometry | None) -> str:
    panel = content.map
    if panel is None:
        return ""
    listing = (
        f'<div class="list"><h3>{escape(panel.list_title)}</h3><p class="sub">{escape(panel.list_subtitle)}</p>'
        f"{_drawing(area_list_figure(panel))}</div>"
    )
    head = f'<h2>{escape(panel.heading.title)}</h2><p class="sub">{escape(panel.heading.subtitle)}</p>'
    if geometry is None:
        return f'<section class="fig">{head}{listing}</section>'
    note = f'<p class="note">{escape(panel.heading.note)}</p>'
    drawn = f"<div>{_drawing(map_figure(panel, geometry))}</div>"
    return (
        f'<section class="fig">{head}<div class="pair map" style="margin-top:0">{drawn}{listing}</div>{note}</section>'
    )


def table_section(table: TextTable) -> str:
    """Set a table of finished words; a long one is folded."""
    head = "".join(
        f'<th scope="col"{" class=r" if is_number else ""}>{escape(name)}</th>' for name, is_number in table.columns
    )
    body = []
    for i, row in enumerate(table.rows):
        cells = "".join(
            f'<th scope="row">{escape(cell)}</th>'
            if k == 0
            else f"<td{' class=r' if table.columns[k][1] else ''}>{_cell(cell)}</td>"
            for k, cell in enumerate(row)
        )
        body.append(f"<tr{' class=s' if i in table.strong_rows else ''}>{cells}</tr>")
    grid = (
        f'<div class="tw" tabindex="0" role="region" aria-label="{escape(table.title)}">'
        f"<table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )
    if table.is_folded:
        grid = f"<details><summary>Show all {number(len(table.rows))} rows</summary>{grid}</details>"
    return f'<section><h2>{escape(table.title)}</h2><p class="sub">{escape(table.subtitle)}</p>{grid}</section>'


def _cell(text: str) -> str:
    """Set an interval behind a number on a line of its own."""
    value, opening, rest = text.partition(" (")
    is_interval = bool(opening) and " to " in rest and rest.endswith(")") and len(rest) < 40
    return f"{escape(value)}<small>{escape(rest[:-1])}</small>" if is_interval else escape(text)


def _foot(notes: Sequence[tuple[str, str]]) -> str:
    items = []
    for name, words in notes:
        said = f"<code>{escape(words)}</code>" if name == "To reproduce" else escape(words)
        items.append(f"<dt>{escape(name)}</dt><dd>{said}</dd>")
    return f'<footer class="foot"><dl>{"".join(items)}</dl></footer>'
