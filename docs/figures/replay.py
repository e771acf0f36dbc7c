"""The picture of the replay page: ``python docs/figures/replay.py``, with Chromium and the pages built."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from opendome.console.replay.bundle import replay_of
from opendome.console.replay.page import write_page
from opendome.console.replay.source import Shown, Source
from opendome.scenario.reader import example
from opendome.study.single import run

TO = Path(__file__).parents[1] / "images" / "replay.png"
WIDTH, HEIGHT = 1280, 720
SOFTWARE = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def main() -> None:
    """Play Coastland's replication 0, write its page, and take a picture of it as it opens."""
    scenario = example("coastland")
    seed = scenario.model.study.seed
    shown = Shown("as-is", "Two batteries", run(scenario, seed=seed))
    source = Source(str(scenario.data["title"]), 0, None, seed, (shown,))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        page_path = write_page(replay_of(source), Path(folder) / "replay.html")
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=SOFTWARE)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
        page.goto(page_path.as_uri())
        page.wait_for_selector(".ring")
        page.wait_for_timeout(1000)
        page.screenshot(path=TO)
        browser.close()


if __name__ == "__main__":
    main()
