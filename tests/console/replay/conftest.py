"""A run, a study and their replays, made once; and the server of a replay in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from opendome.console.pages_app import PAGES, bound_socket, served_aside
from opendome.console.replay.bundle import Replay, replay_of
from opendome.console.replay.server import HOST, replay_app
from opendome.console.replay.source import open_source
from opendome.scenario.reader import example
from opendome.study.runner import study as run_study
from opendome.study.single import run

VARIED = {
    "threats.raid.failing": {"share": 0.2, "gamma": 3, "misfire_share": 0.05},
    "threats.raid.classes": {"short-rocket": 0.6, "medium-rocket": 0.2, "one-way-drone": 0.2},
    "doctrine.salvo": 2,
    "depot.rounds": 300,
    "batteries[b2].moves": [{"day": 1.2, "to": [35.0, -29.84], "road_h": 1}],
}
"""Coastland with misfires, drones, salvoes of two and a battery that moves."""


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay") / "run"
    run(example("coastland").override(VARIED), seed=7, replication=1, out=folder)
    return folder


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay") / "study"
    run_study(example("coastland"), replications=2, out=folder, extras=False)
    return folder


@pytest.fixture(scope="session")
def replay(run_folder: Path) -> Replay:
    return replay_of(open_source(run_folder))


@pytest.fixture(scope="session")
def pair(study_folder: Path) -> Replay:
    """Two alternatives of one replication."""
    return replay_of(open_source(study_folder, replication=1))


@dataclass(frozen=True)
class Served:
    """Where a replay is served."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def page(self) -> str:
        return f"{self.origin}/replay"


@pytest.fixture(scope="session")
def served(pair: Replay) -> Iterator[Served]:
    if not (PAGES / "replay.html").is_file():
        pytest.skip("the pages are not built; `make setup` builds them")
    at = bound_socket(HOST, 0)
    port = at.getsockname()[1]
    config = uvicorn.Config(replay_app(pair, port), log_level="warning", lifespan="off", ws="none")
    with served_aside(uvicorn.Server(config), at):
        yield Served(port)
