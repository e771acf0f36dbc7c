"""Sets the content as one self-contained HTML page, and prints it to PDF through a browser.

The page asks no other host for anything: style and drawings are inside it, fonts are the reader's own, no script.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from html import escape as _escape
from importlib.resources import files
from pathlib import Path

from opendome.base.errors import CommandError, RunError
from opendome.report.background import Background, background_of
from opendome.report.content import content_of
from opendome.report.figures.ends import ends_figure
from opendome.report.figures.gain import gain_figure
from opendome.report.figures.grid import grid_figure
from opendome.report.figures.leads import leads_figure
from opendome.report.figures.map import area_list_figure, map_figure
from opendome.report.figures.published import published_figure
from opendome.report.figures.stock import stock_figure
from opendome.report.figures.success import success_figure
from opendome.report.figures.svg import Figure
from opendome.report.figures.timeline import timeline_figure
from opendome.report.figures.tornado import tornado_figure
from opendome.report.folder import read_folder
from opendome.report.geometry import MapGeometry
from opendome.report.model import Box, Content, EndsPanel, Heading, TextTable
from opendome.report.tokens import LEAK_SHADES, TEXT_PAIRS, stylesheet
from opendome.report.words import number

__all__ = ["find_browser", "make_pdf", "make_report", "page_html"]

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
    """Write the report of a study as one HTML file.

    Parameters
    ----------
    folder : str or Path
        Study folder with ``manifest.json`` and its tables.
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
        No finished study in that folder.
    """
    study = read_folder(folder)
    background = background_of(study) if background is None else background
    path = Path(out) if out is not None else Path(folder) / "report" / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page_html(content_of(study, background), background.geometry), encoding="utf-8", newline="\n")
    return path


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
    css = stylesheet() + _text_colours() + files("opendome.report").joinpath("style.css").read_text(encoding="utf-8")
    title = escape(content.title)
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title} – OpenDome report</title>"
        f'<meta name="description" content="{escape(content.answer.text)}">'
        '<link rel="icon" href="data:,">'
        f'<style>\n{css}</style></head>\n<body><a class="skip" href="#answer">To the answer</a>'
        f'<div class="page">\n{_head(content)}\n<main>\n'
        + "\n".join(part for part in _sections(content, geometry) if part)
        + f"\n</main>\n{_foot(content)}\n</div></body></html>\n"
    )


def _text_colours() -> str:
    """One class for each token in which words are set inside drawings."""
    names = sorted({text for text, _ in TEXT_PAIRS} | {f"on-leaked-{i}" for i in range(1, LEAK_SHADES + 1)})
    return "".join(f"svg .c-{name}{{fill:var(--{name})}}" for name in names) + "\n"


def _head(content: Content) -> str:
    return (
        f'<header class="top"><span><b>OpenDome report</b>{escape(content.title)}, {escape(content.place_line)}</span>'
        "<span>Analysis and education only; battery sites are notional</span></header>"
    )


def _sections(content: Content, geometry: MapGeometry | None) -> Iterable[str]:
    yield _answer(content)
    if content.published is not None:
        yield _figure(content.published.heading, published_figure(content.published))
    if content.gain is not None:
        yield _figure(content.gain.heading, gain_figure(content.gain))
    yield f'<p class="lead">{escape(content.lead)}</p>'
    yield _figure(content.ends.heading, ends_figure(content.ends), _scale_words(content.ends))
    if content.stock is not None:
        yield _figure(content.stock.heading, stock_figure(content.stock))
    success = _figure(content.success.heading, success_figure(content.success))
    if content.grid is not None:
        yield f'<div class="pair">{_figure(content.grid.heading, grid_figure(content.grid))}{success}</div>'
    else:
        yield success
    yield _map(content, geometry)
    if content.timeline is not None:
        heading = content.timeline.heading
        drawing = _drawing(timeline_figure(content.timeline))
        words = f'<h3>{escape(heading.title)}</h3><p class="sub">{escape(heading.subtitle)}</p>'
        yield f'<section class="fig tl">{words}{drawing}</section>'
    if content.leads is not None:
        yield _figure(content.leads.heading, leads_figure(content.leads))
    if content.tornado is not None:
        yield _figure(content.tornado.heading, tornado_figure(content.tornado))
    yield _table(content.needless)
    for table in content.tables:
        yield _table(table)


def _answer(content: Content) -> str:
    said = "".join(
        f'<span class="iv">{escape(words)}</span>' if is_interval else escape(words)
        for words, is_interval in content.answer.pieces
    )
    boxes = "".join(_box(box) for box in content.boxes)
    return f'<p class="question">{escape(content.question)}</p><h1 id="answer">{said}</h1>' + (
        f'<dl class="boxes">{boxes}</dl>' if boxes else ""
    )


def _box(box: Box) -> str:
    body = "".join(f"<b>{escape(words)}</b>" if strong else escape(words) for words, strong in box.pieces)
    return f"<div><dt>{escape(box.label)}</dt><dd>{body}</dd></div>"


def _drawing(figure: Figure) -> str:
    return f'<figure><div class="w">{figure.wide}</div><div class="n">{figure.narrow}</div></figure>'


def _figure(heading: Heading, figure: Figure, subtitle_more: str = "") -> str:
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


def _table(table: TextTable) -> str:
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


def _foot(content: Content) -> str:
    items = []
    for name, words in content.notes:
        said = f"<code>{escape(words)}</code>" if name == "To reproduce" else escape(words)
        items.append(f"<dt>{escape(name)}</dt><dd>{said}</dd>")
    return f'<footer class="foot"><dl>{"".join(items)}</dl></footer>'
