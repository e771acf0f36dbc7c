"""What worlds share of their places changes nothing: built-up shares are those of the scenario, or an area's own."""

from __future__ import annotations

import numpy as np

from opendome.scenario.compile import area_table, compile_world
from opendome.scenario.reader import example, loads
from tests.study.fakes import TEXT

OWN = TEXT.replace("      population: 20000\n", "      population: 20000\n      built_up_frac: 0.8\n")


def test_an_area_keeps_its_own_share_and_others_take_the_scenario_s() -> None:
    scenario = loads(OWN)
    for share in (0.3, 0.6, 0.3):
        found = area_table(scenario.override({"places.built_up_frac": share})).built_up_frac
        np.testing.assert_array_equal(found, [0.8, share])


def test_a_world_is_the_same_whichever_was_compiled_before_it() -> None:
    scenario = example("coastland")
    first = compile_world(scenario.override({"places.built_up_frac": 0.35})).areas
    compile_world(scenario.override({"places.built_up_frac": 0.7}))
    again = compile_world(scenario.override({"places.built_up_frac": 0.35})).areas
    np.testing.assert_array_equal(first, again)
    density = first["population"] / (first["area_m2"] * first["built_up_frac"])
    np.testing.assert_allclose(first["density_people_per_m2"], density, rtol=1e-12)
