"""Over Dask: the same bytes, and a worker that is killed costs nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from opendome.base.errors import CommandError
from opendome.study.cluster import alternative_text
from opendome.study.kernel import WorldShelf
from tests.study import fakes
from tests.study.test_runner import run, tree

distributed = pytest.importorskip("distributed")


@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDOME_TEST_MARKS", str(tmp_path))
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = client.run(os.getpid)

        def kill() -> None:
            deadline = time.monotonic() + 30
            while len(list(tmp_path.glob("2-*"))) + len(list(tmp_path.glob("1-*"))) < 4 and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(next(iter(pids.values())), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        run(tmp_path / "dask", kernel=fakes.SLOW, cluster=client, replications=200, extras=False)
        killer.join()
    assert len({mark.name.rsplit("-", 1)[1] for mark in tmp_path.glob("[12]-*")}) >= 2
    monkeypatch.delenv("OPENDOME_TEST_MARKS")
    run(tmp_path / "here", replications=200, extras=False)
    assert tree(tmp_path / "dask") == tree(tmp_path / "here")


def test_an_alternative_travels_as_text_with_what_was_changed_in_the_call() -> None:
    changed = fakes.scenario().override({"depot.rounds": 77})
    text = alternative_text(WorldShelf(changed, fakes.FAKE), "both")
    from opendome.scenario.reader import loads

    assert loads(text).world_hash == changed.alternative("both").world_hash
    assert fakes.compile_world(loads(text)).rounds == 77


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_at_the_address_is_said_plainly() -> None:
    with pytest.raises(CommandError, match="no Dask scheduler answers"):
        run(cluster="nowhere", replications=1, extras=False)


def test_a_policy_needs_a_name_to_travel() -> None:
    def rule(view: Any) -> None:
        """Do nothing."""

    with pytest.raises(CommandError, match="registered name"):
        run(cluster="local:1", policy=rule, replications=1, extras=False)
