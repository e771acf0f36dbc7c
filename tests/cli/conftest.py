"""Call a verb as the program would be called, in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from opendome.cli.main import main


class Called(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str


Call = Callable[..., Called]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Run a verb in an empty folder; give exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Called:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        code = left.value.code
        return Called(0 if code is None else int(code), out, err)

    return run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a small finished study of coastland."""
    from opendome.study.runner import study

    folder = tmp_path_factory.mktemp("studies") / "coastland"
    study("coastland", replications=6, seed=1, out=folder, extras=False)
    return folder


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with one run of coastland."""
    from opendome.study.single import run

    folder = tmp_path_factory.mktemp("runs") / "coastland"
    run("coastland", seed=1, out=folder)
    return folder
