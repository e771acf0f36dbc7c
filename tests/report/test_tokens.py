"""Contrast of every pair in which words are set, in both themes."""

from __future__ import annotations

import re

import pytest

from opendome.report.tokens import DARK, LIGHT, TEXT_PAIRS, contrast, heat_step, stylesheet, with_heat


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_words_reach_four_and_a_half_to_one(theme):
    colours = with_heat(theme)
    poor = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in TEXT_PAIRS}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


def test_contrast_agrees_with_published_values():
    # examples of the W3C's own technique pages: grey #767676 on white is 4.54, #777777 is 4.48
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#767676") == contrast("#767676", "#ffffff")


def test_themes_have_the_same_tokens_and_print_is_light():
    assert LIGHT.keys() == DARK.keys()
    css = stylesheet()
    assert "@media screen and (prefers-color-scheme:dark)" in css
    assert css.index(LIGHT["ground"]) < css.index("@media")
    assert len(re.findall(r"--heat-step-\d+:", css)) == 2 * 21


def test_heat_steps():
    assert [heat_step(share) for share in (0.0, 0.5, 1.0, 1.7, -1.0)] == [0, 10, 20, 20, 0]
