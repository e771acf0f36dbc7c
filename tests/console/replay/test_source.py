"""Which runs a folder gives, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.base.tally import tally_names
from opendome.console.replay.source import open_source
from opendome.results.manifest import write_manifest
from opendome.study.record import open_study


def test_a_study_plays_the_very_replication(study_folder: Path) -> None:
    source = open_source(study_folder, replication=1)
    assert [shown.name for shown in source.shown] == ["as-is", "one-more"]
    assert [shown.label for shown in source.shown] == ["Two batteries", "A third battery from the first noon"]
    rows = open_study(study_folder).table("replications").to_pylist()
    for shown in source.shown:
        (row,) = [one for one in rows if (one["alternative"], one["replication"]) == (shown.name, 1)]
        for place, name in enumerate(tally_names()):
            if name in row and row[name] is not None:
                np.testing.assert_equal(shown.run.row[place], row[name], err_msg=name)


def test_alternatives_are_chosen_by_name(study_folder: Path) -> None:
    source = open_source(study_folder, 0, ["rounds-only"])
    assert [shown.name for shown in source.shown] == ["rounds-only"]


@pytest.mark.parametrize(
    ("replication", "names", "said"),
    [
        (2, [], "replications 0 to 1"),
        (-1, [], "replications 0 to 1"),
        (0, ["one-mor"], "one-more"),
        (0, ["as-is", "one-more", "rounds-only"], "2 at most"),
    ],
)
def test_a_study_has_only_what_it_has(study_folder: Path, replication: int, names: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        open_source(study_folder, replication, names)


def test_a_run_is_what_it_is(run_folder: Path) -> None:
    source = open_source(run_folder, 1, ["as-is"])
    assert (source.replication, source.n_replications, source.seed) == (1, None, 7)
    with pytest.raises(CommandError, match="replication 1 alone"):
        open_source(run_folder, 0)
    with pytest.raises(CommandError, match="`as-is` alone"):
        open_source(run_folder, alternatives=["one-more"])


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"manifest\.json"):
        open_source(tmp_path)
    write_manifest(tmp_path, {"kind": "sweep"})
    with pytest.raises(CommandError, match="holds a sweep"):
        open_source(tmp_path)
