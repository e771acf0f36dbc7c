"""The console as it looks, beside the pictures in the documentation: the same moment, sizes and palettes."""

from __future__ import annotations

import base64
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
MOST_DIFFERING = 0.05
"""Share of pixels that may differ: trails and the age of the picture depend on when frames came in."""

SHARE_DIFFERING = """
  async ([a, b]) => {
    const pixels = async (data) => {
      const image = new Image();
      image.src = 'data:image/png;base64,' + data;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height);
    };
    const [one, other] = [await pixels(a), await pixels(b)];
    if (one.width !== other.width || one.height !== other.height) return 1;
    let n = 0;
    for (let i = 0; i < one.data.length; i += 4) {
      const off = [0, 1, 2].map((k) => Math.abs(one.data[i + k] - other.data[i + k]));
      n += Math.max(...off) > 40;
    }
    return n / (one.data.length / 4);
  }
"""


def screens() -> Any:
    """The script that takes the pictures, as a module."""
    spec = importlib.util.spec_from_file_location("screens", ROOT / "docs" / "figures" / "screens.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["screens"] = module
    spec.loader.exec_module(module)
    return module


def share_differing(browser: Any, one: bytes, other: bytes) -> float:
    """Share of the pixels of two PNG pictures that differ to the eye; 1 where their sizes do."""
    page = browser.new_page()
    found = page.evaluate(SHARE_DIFFERING, [base64.b64encode(picture).decode() for picture in (one, other)])
    page.close()
    return float(found)


def test_console_looks_as_in_its_pictures(browser):
    module = screens()
    taken = dict(module.pictures(browser, ((1280, 720), (390, 844))))
    assert len(taken) == 2 * len(module.PALETTES)
    known = {name: (ROOT / "docs" / "images" / name).read_bytes() for name in taken}
    shares = {name: share_differing(browser, picture, known[name]) for name, picture in taken.items()}
    assert max(shares.values()) < MOST_DIFFERING, shares
    day, night = "console-day-1280x720.png", "console-night-1280x720.png"
    assert share_differing(browser, taken[day], known[night]) > 0.5, "day and night must differ, or nothing is compared"
