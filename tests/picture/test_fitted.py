"""The file of curves: what is written is read again, and what is wrong is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from opendome.base.errors import CommandError
from opendome.picture.fitted import FittedCurves, curves_path, read_curves, write_curves
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load


def numbers(**changes: Any) -> dict[str, Any]:
    """Give a small file's content with fields changed."""
    known: dict[str, Any] = {
        "curves": 2, "scenario": "made-up", "seed": 3, "replications": 2, "n_tracks": 50, "n_assessments": 400,
        "range_km": [10.0, 40.0], "age_s": [5.0, 20.0, 60.0],
        "rms_m": [[800.0, 100.0, 30.0], [3000.0, 500.0, 60.0]], "ratio": [[2.0, 2.0, 1.5], [3.0, 2.0, 1.0]],
        "shared_frac": 0.3, "scatter": 0.2, "true_over_stated": 1.1, "stray_frac": 0.02, "stray_scale": 4.0,
        "first_plot_s": 1.2, "confirm_delay_s": 3.4, "p_missed": {"short-rocket": 0.25},
        "false_tracks_per_h": 0.0, "quiet_h": 2.0,
        "residuals": {"log_rms": 0.2, "normalised_square": 1.1, "inside_95_frac": 0.93},
    }  # fmt: skip
    return {**known, **changes}


def test_what_is_written_is_read_again_and_anew_the_same_bytes(tmp_path: Path) -> None:
    curves = FittedCurves.model_validate(numbers())
    path = write_curves(curves, tmp_path / "deep" / "a.yaml")
    assert read_curves(path) == curves
    again = write_curves(read_curves(path), tmp_path / "b.yaml")
    assert again.read_bytes() == path.read_bytes()
    assert "opendome fit-picture" in path.read_text().splitlines()[0]


def test_the_table_is_in_metres() -> None:
    table = FittedCurves.model_validate(numbers()).table()
    assert table.range_m == (10_000.0, 40_000.0)
    assert table.age_s == (5.0, 20.0, 60.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rms_m": [[1.0, 2.0, 3.0]]}, "rms_m must have 2 rows of 3"),
        ({"ratio": [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]}, "ratio must hold numbers above 0"),
        ({"range_km": [40.0, 10.0]}, "range_km must rise"),
        ({"age_s": [0.0, 1.0, 2.0]}, "age_s must rise from above 0"),
        ({"shared_frac": 1.0}, "shared_frac"),
        ({"first_plot_s": -1.0}, "first_plot_s"),
        ({"p_missed": {"short-rocket": "often"}}, "p_missed"),
        ({"curves": 1}, "curves"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_a_wrong_file_is_named_with_its_fault(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = tmp_path / "wrong.yaml"
    with path.open("w") as stream:
        YAML(typ="safe").dump(numbers(**change), stream)
    with pytest.raises(CommandError, match="wrong.yaml") as raised:
        read_curves(path)
    assert said in str(raised.value)


def test_every_problem_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    with path.open("w") as stream:
        YAML(typ="safe").dump(numbers(seed=-1, quiet_h="long"), stream)
    with pytest.raises(CommandError) as raised:
        read_curves(path)
    assert "seed" in str(raised.value)
    assert "quiet_h" in str(raised.value)


@pytest.mark.parametrize("text", ["{", "[1, 2", "\x00", "just text"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(CommandError, match="odd.yaml"):
        read_curves(path)


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="opendome fit-picture"):
        read_curves(tmp_path / "none.yaml")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text("#" * 1_000_001)
    with pytest.raises(CommandError, match="larger"):
        read_curves(path)


def test_a_path_counts_from_the_scenario(tmp_path: Path) -> None:
    assert curves_path("a.yaml", tmp_path) == tmp_path / "a.yaml"
    assert curves_path(str(tmp_path / "b.yaml"), Path("elsewhere")) == tmp_path / "b.yaml"


def test_a_scenario_draws_from_its_file(tmp_path: Path) -> None:
    path = write_curves(FittedCurves.model_validate(numbers()), tmp_path / "a.yaml")
    plain = load("coastland").override({"picture.curves": None})
    world, usual = compile_world(plain.override({"picture.curves": str(path)})), compile_world(plain)
    picture = world.picture
    assert (picture.first_plot_s, picture.confirm_delay_s, picture.shared_frac) == (1.2, 3.4, 0.3)
    assert (picture.true_over_stated, picture.stray_frac, picture.stray_scale) == (1.1, 0.02, 4.0)
    assert picture.wind_unknown_mps == 0.0
    assert 0.25 in picture.classes["p_missed"].tolist()
    assert not all(np.array_equal(a, b) for a, b in zip(picture.looks, usual.picture.looks))
    assert usual.picture.shared_frac == 0.0
