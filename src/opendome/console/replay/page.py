"""The replay as one page that needs no server: scripts, styles and data inside.

The built page loads modules that import one another by relative address. Here every module becomes a ``data:`` address
in an import map, and relative imports become names that the map knows.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

from opendome.base.errors import CommandError, RunError
from opendome.console.pages_app import PAGES, require_pages
from opendome.console.replay.bundle import Replay
from opendome.console.replay.server import PAGE
from opendome.results.store import replace_file

__all__ = ["page_html", "write_page"]

_SCRIPT = re.compile(r'<script type="module"[^>]*src="/?([^"]+)"></script>')
_STYLE = re.compile(r'<link rel="stylesheet"[^>]*href="/?([^"]+)">')
_PRELOAD = re.compile(r'\s*<link rel="modulepreload"[^>]*>')
_IMPORT = re.compile(r'(?<![\w$])((?:from|import)\s*\(?\s*)(["\'])\./([\w.-]+\.js)\2')
_ICON = re.compile(r'<link rel="icon"[^>]*>')
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data: blob:; "
    "media-src blob:; connect-src data: blob:"
)


def write_page(replay: Replay, path: Path) -> Path:
    """Write the page; give its path.

    Raises
    ------
    CommandError
        The name does not end in .html, or the pages have not been built.
    """
    if path.suffix != ".html":
        raise CommandError(f"{path} ends in `{path.suffix}`; write a name that ends in .html")
    text = page_html(replay)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return path


def page_html(replay: Replay) -> str:
    """The page as text, with every raid in it."""
    require_pages(PAGE)
    built = PAGES / f"{PAGE}.html"
    html = built.read_text(encoding="utf-8")
    found = _SCRIPT.search(html)
    if found is None:
        raise RunError(f"{built} loads no script; build the pages again with `make setup`")
    entry = Path(found.group(1))
    modules = _modules(built.parent / entry.parent, entry.name)
    imports = {name: _as_address(text) for name, text in modules.items()}
    html = _PRELOAD.sub("", _ICON.sub('<link rel="icon" href="data:,">', html))
    styles = "".join((built.parent / name).read_text(encoding="utf-8") for name in _STYLE.findall(html))
    html = _STYLE.sub("", _SCRIPT.sub("", html))
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<style>{styles}</style>"
        f'<script type="importmap">{json.dumps({"imports": imports})}</script>'
    )
    tail = (
        f'<script type="application/octet-stream" id="opendome-replay">{_packed(replay)}</script>'
        f'<script type="module">import "{entry.name}";</script>'
    )
    return html.replace("</head>", f"{head}</head>").replace("</body>", f"{tail}</body>")


def _modules(folder: Path, entry: str) -> dict[str, str]:
    """The entry and every module that it leads to, by file name, with relative imports made names."""
    texts: dict[str, str] = {}
    ahead = [entry]
    while ahead:
        name = ahead.pop()
        if name in texts:
            continue
        text = (folder / name).read_text(encoding="utf-8")
        ahead += [found.group(3) for found in _IMPORT.finditer(text)]
        texts[name] = _IMPORT.sub(r"\1\2\3\2", text)
    return texts


def _as_address(text: str) -> str:
    return "data:text/javascript;base64," + base64.b64encode(text.encode()).decode()


def _packed(replay: Replay) -> str:
    """Index, scene and all raids: JSON, gzipped, in base64; the same bytes each time."""
    data = {
        "index": replay.index(),
        "scene": replay.scene(),
        "raids": {str(i): replay.raid(i) for i in range(len(replay.raids))},
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
