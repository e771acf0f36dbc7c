"""The verb fit-picture: it writes a file that the statistical picture draws from, and refuses what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opendome.picture import fit
from opendome.picture.fitted import read_curves
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import example_path, load

QUICK = tuple(
    word
    for setting in ("duration_day=1", "depot.resupply=[]", "threats.given=[]", "threats.raid.launched_per_day.mean=120")
    for word in ("--set", setting)
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a scenario file of one's own in a folder of its own."""
    path = tmp_path / "mine" / "coast.yaml"
    path.parent.mkdir()
    path.write_text(example_path("coastland").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def test_it_writes_curves_beside_the_scenario_and_says_what_to_write(call: Any, file: Path) -> None:
    found = call("fit-picture", file, *QUICK, "--replications", 1, "--quiet-h", 0.1)
    assert found.code == 0, found.err
    path = file.parent / "coastland.curves.yaml"
    curves = read_curves(path)
    assert (curves.scenario, curves.replications, curves.seed) == ("coastland", 1, 35030)
    assert curves.n_assessments > 200
    assert "curves: coastland.curves.yaml" in found.out
    assert f"{curves.n_assessments:,} assessments" in found.out
    assert "never confirmed, short-rocket" in found.out
    # What was said can be written: the scenario then draws from the file.
    world = compile_world(load(file).override({"picture.curves": path.name}))
    assert world.picture.shared_frac == curves.shared_frac
    assert world.picture.first_plot_s == curves.first_plot_s


def test_json_holds_the_file_and_the_same_seed_gives_the_same_bytes(call: Any, tmp_path: Path) -> None:
    found = []
    for name in ("a.yaml", "b.yaml"):
        said = call("fit-picture", "coastland", *QUICK, "--replications", 1, "--quiet-h", 0.1, "--seed", 4, "--out",
                    tmp_path / name, "--json")  # fmt: skip
        assert said.code == 0, said.err
        found.append(json.loads(said.out))
        assert found[-1].pop("file") == str(tmp_path / name)
    assert found[0] == found[1]
    assert (tmp_path / "a.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()
    assert found[0].pop("false_tracks_per_h_at_most") > 0.0
    assert found[0] == read_curves(tmp_path / "a.yaml").model_dump(mode="json")
    assert found[0]["seed"] == 4


def test_an_example_by_name_is_written_where_one_stands(call: Any, tmp_path: Path) -> None:
    said = call("fit-picture", "coastland", *QUICK, "--replications", 1, "--quiet-h", 0, "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["false_tracks_per_h_at_most"] is None
    assert found["quiet_h"] == 0.0
    assert (tmp_path / "coastland.curves.yaml").is_file()
    assert not example_path("coastland").with_name("coastland.curves.yaml").exists()


def test_curves_that_are_not_there_yet_do_not_stand_in_the_way(call: Any, file: Path) -> None:
    """A scenario may name the file before it is made."""
    name = "picture.curves=coastland.curves.yaml"
    assert call("fit-picture", file, *QUICK, "--set", name, "--replications", 1, "--quiet-h", 0).code == 0
    assert (file.parent / "coastland.curves.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--replications", 0), "--replications"),
        (("--quiet-h", -1), "--quiet-h"),
        (("--quiet-h", "nan"), "--quiet-h"),
        (("--seed", -1), "--seed"),
        (("--out", "."), "is a folder"),
        (("--set", "batteries[b1].has_radar=false", "--set", "batteries[b2].has_radar=false"), "no radar"),
        (
            ("--set", "threats.raid.bursts.size_mean=1", "--set", 'threats.raid.classes={"one-way-drone": 1}'),
            "--replications",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    call: Any, tmp_path: Path, arguments: tuple[object, ...], said: str
) -> None:
    found = call("fit-picture", "coastland", *QUICK, "--replications", 1, *arguments)
    assert found.code == 2
    assert said in found.err
    assert list(tmp_path.iterdir()) == []


def test_interrupted_it_leaves_the_old_file(call: Any, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fit, "gather", stop)
    old = file.parent / "old.yaml"
    old.write_text("old", encoding="utf-8")
    found = call("fit-picture", file, "--out", old)
    assert found.code == 130
    assert "as it was" in found.err
    assert old.read_text(encoding="utf-8") == "old"
    assert "nothing was written" in call("fit-picture", file, "--out", file.parent / "new.yaml").err
