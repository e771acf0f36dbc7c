"""The real server: who is let in, what each may do, what it says when something is wrong, and how it goes on."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from opendome.console import client as client_module
from opendome.console import pages_app
from opendome.console.frames import HEADER
from opendome.console.messages import MAX_BYTES
from tests.console.cases import exercise_for
from tests.console.served import Served, served
from tests.console.wire import joined, opened, stalled, upgrade

TRAINEE, OTHER, INSTRUCTOR = 0, 1, 2
PAGE = "<!doctype html><title>A page</title>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Pages of one line in place of the built ones, and a secret beside them."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    (folder / "assets").mkdir(parents=True)
    for name in ("console.html", "instructor.html", "assets/main.js"):
        (folder / name).write_text(PAGE)
    (folder.parent / "secret.txt").write_text("secret")
    before, pages_app.PAGES = pages_app.PAGES, folder
    yield folder
    pages_app.PAGES = before


@pytest.fixture(scope="module")
def at(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two trainees and an instructor at an exercise that stands at its beginning."""
    exercise = exercise_for(
        "networked", authority="approval", seats=["Operator 1", "Operator 2"], has_instructor=True, lasts_min=60
    )
    with served(exercise, tmp_path_factory.mktemp("out")) as found:
        yield found


def get(at: Served, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """A request by hand: status, headers, body."""
    host = at.base.removeprefix("http://")
    wire = http.client.HTTPConnection(host, timeout=10)
    try:
        wire.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": host, **headers}.items():
            wire.putheader(name, value)
        wire.endheaders()
        answer = wire.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        wire.close()


# --- who is let in ---


def test_hello_is_answered_with_scene_state_and_log(at: Served) -> None:
    with joined(at) as browser:
        first = [json.loads(str(browser.wire.recv(10))) for _ in range(3)]
        assert [message["is"] for message in first] == ["scene", "state", "events"]
        assert first[0]["role"] == "operator" and first[0]["seat"] == "Operator 1"
        assert not first[0]["has_clock"] and "injects" not in first[0] and "seats" not in first[0]
        frame = browser.frame()
        assert HEADER.unpack_from(frame)[:2] == (1, 1)


def test_only_the_instructor_is_told_of_injects_and_of_seats(at: Served) -> None:
    with joined(at, TRAINEE), joined(at, INSTRUCTOR) as browser:
        scene = browser.text("scene")
        assert scene["role"] == "instructor" and scene["has_clock"]
        assert {form["kind"] for form in scene["injects"]} >= {"radar_failure", "link_cut", "extra_salvo"}
        assert [(seat["seat"], seat["is_here"]) for seat in scene["seats"]] == [
            ("Operator 1", True),
            ("Operator 2", False),
        ]
        assert at.seats[INSTRUCTOR].token not in json.dumps(scene)


@pytest.mark.parametrize(
    "token", ["x" * 24, "é" * 20, "\ud800".encode("utf-16", "surrogatepass").decode("latin-1") * 9]
)
def test_a_wrong_token_is_turned_away(at: Served, token: str) -> None:
    with opened(at) as browser:
        browser.hello(token)
        assert browser.closed_with() == 4003


@pytest.mark.parametrize(
    "first", ["", "{}", "null", '{"do":"pause"}', "[" * 3000, b"\x00\x01", '{"hello":{"token":7}}']
)
def test_what_is_no_hello_is_turned_away(at: Served, first: str | bytes) -> None:
    with opened(at) as browser:
        browser.wire.send(first)
        assert browser.closed_with() == 4003


def test_who_says_nothing_is_turned_away(at: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opendome.console.server._HELLO_S", 0.3)
    with opened(at) as browser:
        assert browser.closed_with() == 4003


@pytest.mark.parametrize(
    "origin", [None, "null", "http://elsewhere.example", "https://127.0.0.1", "http://127.0.0.1:1", "file://"]
)
def test_a_page_of_another_origin_is_refused_before_it_can_speak(at: Served, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(at, origin):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1", "127.0.0.1:1", "localhost:1", ""])
def test_another_host_is_refused(at: Served, host: str) -> None:
    status, _, body = get(at, "/console", Host=host)
    assert status == 421 and b"another host" in body
    own = f"http://{host}"
    with pytest.raises((InvalidStatus, ConnectionClosed)), opened(at, own, additional_headers={"Host": host}):
        pass


def test_a_second_socket_on_a_seat_takes_over(at: Served) -> None:
    with joined(at) as first:
        first.text("state")
        with joined(at) as second:
            second.text("state")
            assert first.closed_with() == 4001
            assert second.frame()


def test_after_a_reload_one_is_shown_everything_again(at: Served) -> None:
    with joined(at) as first:
        scene, state, events = (first.text(kind) for kind in ("scene", "state", "events"))
    with joined(at) as again:
        assert again.text("scene") == scene
        assert again.text("state")["threats"] == state["threats"]
        log = again.text("events")
        assert log["is_all"] and log["items"][: len(events["items"])] == events["items"]


# --- what each may do ---


def test_a_trainee_beside_an_instructor_has_no_clock_and_puts_no_injects(at: Served) -> None:
    with joined(at) as browser:
        for do, fields in (
            ("resume", {}),
            ("pause", {}),
            ("rate", {"value": 4}),
            ("skip", {}),
            ("back", {"seconds": 5}),
            ("rewind", {"t_s": 20}),
            ("save", {"name": "mine"}),
            ("branch", {"name": "mine"}),
            ("finish", {}),
            ("start", {"file": "tutorial"}),
        ):
            answer = browser.ask(do, **fields)
            assert not answer["ok"] and "instructor" in answer["text"], do
        answer = browser.ask("inject", kind="radar_failure", what="air")
        assert not answer["ok"] and "instructor" in answer["text"]
        assert at.hub.session.is_paused and not at.hub.session.injects


def test_two_trainees_act_on_one_picture(at: Served) -> None:
    with joined(at, TRAINEE) as one, joined(at, OTHER) as two:
        assert one.ask("salvo", n_rounds=2)["ok"]
        two.text("events")
        while (state := two.text("state"))["salvo"] != 2:
            pass
        assert two.ask("salvo", n_rounds=1)["ok"]
        while (state := one.text("state"))["salvo"] != 1:
            pass
        said = [line["text"] for line in joined_log(at)]
        assert "Salvo: 2 by Operator 1" in said and "Salvo: 1 by Operator 2" in said
        assert state["authority"] == "approval"


def joined_log(at: Served) -> list[dict[str, Any]]:
    """The log as one who comes now is shown it."""
    with joined(at, INSTRUCTOR) as browser:
        return list(browser.text("events")["items"])


def test_the_instructor_runs_the_exercise(pages: Path, tmp_path: Path) -> None:
    exercise = exercise_for("networked", authority="approval", has_instructor=True)
    with served(exercise, tmp_path) as at, joined(at, 1) as browser, joined(at, 0) as trainee:
        scene = browser.text("scene")
        assert browser.ask("rate", value=32)["ok"] and browser.ask("resume")["ok"]
        while browser.text("state")["t_s"] < 60.0:
            pass
        assert browser.ask("pause")["ok"]
        state = trainee.text("state")
        while not (state["is_paused"] and state["t_s"] > 60.0):
            state = trainee.text("state")
        stood_s = state["t_s"]
        answer = browser.ask("inject", kind="extra_salvo", what="hills", toward="alder", threat_class="medium-rocket")
        assert answer["ok"] and answer["text"] == "done"
        assert trainee.text("scene")["title"] == scene["title"], "the scene is shown anew"
        while trainee.text("state")["t_s"] != stood_s:
            pass
        planned = browser.ask("inject", kind="link_cut", what="north-hub", t_s=stood_s + 50)
        assert planned["ok"] and "planned" in planned["text"]
        assert browser.ask("save", name="before the end")["ok"]
        again = browser.ask("save", name="before the end")
        assert not again["ok"] and "there already" in again["text"]
        assert browser.ask("branch", name="line 2")["ok"]
        assert {path.name for path in tmp_path.glob("*.yaml")} == {"before the end.yaml", "line 2.yaml"}
        assert browser.ask("rewind", t_s=30)["ok"]
        while trainee.text("state")["t_s"] != 30.0:
            pass
        assert browser.ask("start", file="before the end.yaml")["ok"]
        while trainee.text("state")["t_s"] != stood_s:
            pass
        assert browser.ask("finish")["ok"]
        over = trainee.text("over")
        status, headers, body = get(at, over["review"])
        assert status == 200 and b"Review" in body
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert (Path(over["folder"]) / "orders.parquet").is_file()


# --- what is wrong is said ---


@pytest.mark.parametrize(
    ("do", "fields", "says"),
    [
        ("approve", {"track": 9999}, "no track 9999"),
        ("assign", {"track": 9999, "unit": 0}, "no track"),
        ("alert", {"area": 77}, "no area"),
        ("approve", {}, "track: "),
        ("explode", {}, "message: "),
        ("salvo", {"n_rounds": 9}, "n_rounds: "),
        ("authority", {"level": "mine"}, "level: "),
    ],
)
def test_an_answer_says_what_is_wrong(at: Served, do: str, fields: dict[str, Any], says: str) -> None:
    with joined(at) as browser:
        answer = browser.ask(do, **fields)
        assert not answer["ok"] and says in answer["text"]
        assert "Traceback" not in answer["text"] and len(answer["text"]) < 400


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "radar_failure", "what": "b1"}, "no radar `b1`"),
        ({"kind": "lost_resupply", "what": "0"}, "no delivery"),
        ({"kind": "radar_failure", "what": "air", "t_s": 1}, "has passed"),
        ({"kind": "extra_salvo", "what": "hills", "toward": "alder", "threat_class": "medium-rocket", "t_s": 1e9}, ""),
    ],
)
def test_an_inject_that_cannot_be_is_refused_and_the_exercise_goes_on(
    at: Served, fields: dict[str, Any], says: str
) -> None:
    with joined(at, INSTRUCTOR) as browser:
        answer = browser.ask("inject", **fields)
        assert not answer["ok"] and says in answer["text"] and "Traceback" not in answer["text"]
        assert browser.ask("pause")["ok"]


@pytest.mark.parametrize("name", ["nowhere", "..", "../../etc/passwd", "pyproject.toml", "/", "a\x00b", "~"])
def test_only_known_exercises_are_started(at: Served, name: str) -> None:
    with joined(at, INSTRUCTOR) as browser:
        answer = browser.ask("start", file=name)
        assert not answer["ok"] and "Traceback" not in answer["text"]
        assert at.hub.session.exercise.scenario == "networked"


def test_a_fault_inside_is_told_as_one_and_the_server_goes_on(at: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(order: Any) -> bool:
        raise ZeroDivisionError("the inside")

    with joined(at) as browser:
        monkeypatch.setattr(at.hub.session, "order", breaks)
        answer = browser.ask("salvo", n_rounds=1)
        assert not answer["ok"] and "fault of the program" in answer["text"] and "inside" not in answer["text"]
        monkeypatch.undo()
        assert browser.ask("salvo", n_rounds=1)["ok"]


def test_what_is_begun_is_carried_out_though_the_browser_goes(at: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock must not beat while a rewinding that nobody waits for is still under way in its thread."""
    under_way, beats = [False], []
    rewind, tick = at.hub.session.rewind, at.hub.session.tick

    def slow_rewind(t_s: float) -> None:
        under_way[0] = True
        time.sleep(1.0)
        rewind(t_s)
        under_way[0] = False

    def watched_tick(dt_s: float) -> None:
        beats.append(under_way[0])
        tick(dt_s)

    monkeypatch.setattr(at.hub.session, "rewind", slow_rewind)
    monkeypatch.setattr(at.hub.session, "tick", watched_tick)
    with joined(at, INSTRUCTOR) as browser:
        browser.wire.send(json.dumps({"do": "back", "seconds": 1.0}))
        time.sleep(0.3)
        assert under_way[0]
    with joined(at, INSTRUCTOR) as browser:
        browser.text("state")
    monkeypatch.undo()
    assert not under_way[0]
    assert len(beats) > 0 and not any(beats)


# --- too much ---


def test_binary_is_not_taken(at: Served) -> None:
    with joined(at) as browser:
        browser.wire.send(b"\x01\x02")
        assert browser.closed_with() == 4008


@pytest.mark.parametrize(("length", "code"), [(MAX_BYTES + 1, 4008), (5 * MAX_BYTES, 1009)])
def test_a_message_that_is_too_long_is_not_taken(at: Served, length: int, code: int) -> None:
    with joined(at) as browser:
        browser.wire.send("x" * length)
        assert browser.closed_with() == code


def test_too_many_messages_close_the_connection(at: Served) -> None:
    with joined(at) as browser, contextlib.suppress(ConnectionClosed):
        for k in range(500):
            browser.wire.send(json.dumps({"id": k, "do": "select", "track": 1001}))
        assert browser.closed_with() == 4008


def test_who_does_not_read_is_closed_and_costs_nobody_else_a_frame(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MOST_MISSED", 10)
    monkeypatch.setattr("opendome.console.server._GOODBYE_S", 0.2)
    exercise = exercise_for("networked", seats=["Reads", "Stalls"])
    with served(exercise, tmp_path, send_buffer=4096) as at, joined(at, 0) as reads:
        reads.ask("resume")
        with stalled(at, 1):
            wait_for(lambda: at.seats[1].token in at.hub.clients)
            at.hub.clients[at.seats[1].token].send("x" * 200_000)
            begun, times = time.monotonic(), []
            while at.seats[1].token in at.hub.clients:
                assert time.monotonic() < begun + 30.0, "a browser that does not read is still there"
                reads.frame()
                times.append(time.monotonic())
            assert len(times) / (times[-1] - begun) > 5.0
            assert max(b - a for a, b in itertools.pairwise(times)) < 2.0
            wait_for(lambda: at.n_tasks() <= 3)


def wait_for(is_so: Any, within_s: float = 10.0) -> None:
    """Wait until something is so."""
    end_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end_s, "it did not come to be"
        time.sleep(0.01)


def test_no_more_connections_are_taken_than_there_is_room_for(at: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opendome.console.server._MOST_CONNECTIONS", 3)
    with contextlib.ExitStack() as stack:
        kept = [stack.enter_context(joined(at, k)) for k in range(3)]
        for browser in kept:
            browser.text("state")
        with pytest.raises(InvalidStatus), opened(at):
            pass
        assert kept[0].frame()
    wait_for(lambda: not at.hub.clients)
    with joined(at) as browser:
        assert browser.text("scene")


# --- pages ---


def test_pages_have_strict_headers(at: Served) -> None:
    for path in ("/console", "/instructor", "/assets/main.js", "/nowhere"):
        status, headers, body = get(at, path)
        assert status == (404 if path == "/nowhere" else 200)
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store" and "server" not in headers
        assert b"Traceback" not in body
    assert get(at, "/")[0] in (302, 307) and get(at, "/")[1]["location"] == "/console"


def test_the_token_is_in_no_address_that_is_asked_for(at: Served) -> None:
    for seat in at.seats:
        path, _, fragment = seat.page.partition("#")
        assert seat.token in fragment and seat.token not in path


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../console.html",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..\\..\\secret.txt",
        "/assets//etc/passwd",
        "/assets/%00",
        "/review/..%2f..%2fsecret.txt",
        "/review/../secret.txt",
        "/review/%00",
        "/review/",
        "//etc/passwd",
        "/secret.txt",
        "/%",
        "/console/../secret.txt",
    ],
)
def test_nothing_but_pages_is_served(at: Served, path: str) -> None:
    status, _, body = get(at, path)
    assert status in (404, 400, 405) and b"secret" not in body and b"root:" not in body and b"Traceback" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"])
def test_pages_are_only_read(at: Served, method: str) -> None:
    for path in ("/console", "/review/x", "/assets/main.js", "/live"):
        assert get(at, path, method)[0] in (400, 404, 405)


# --- nothing is left behind ---


def test_a_thousand_connections_leave_nothing_behind(at: Served) -> None:
    host, port = at.base.removeprefix("http://").split(":")

    def drop(k: int) -> None:
        with socket.create_connection((host, int(port)), 10) as wire:
            if k % 4:
                wire.sendall(upgrade(at) if k % 4 > 1 else b"GET /console HTTP/1.1\r\nHos")
            if k % 4 == 3:
                wire.recv(200)

    for k in range(20):
        drop(k)
    wait_for(lambda: at.n_tasks() <= 1 + 1)
    descriptors, tasks = n_descriptors(), at.n_tasks()
    for k in range(1000):
        drop(k)
    wait_for(lambda: at.n_tasks() <= tasks and n_descriptors() <= descriptors, 20.0)
    assert not at.hub.clients
    with joined(at) as browser:
        assert browser.text("scene") and browser.frame()


def n_descriptors() -> int:
    """Open files and sockets of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_browser_that_goes_away_leaves_its_seat(at: Served) -> None:
    with joined(at) as browser:
        browser.text("state")
        assert at.seats[0].token in at.hub.clients
        browser.wire.socket.shutdown(socket.SHUT_RDWR)
        wait_for(lambda: at.seats[0].token not in at.hub.clients)


def test_frames_come_ten_times_a_second(at: Served) -> None:
    with joined(at) as browser:
        browser.frame()
        begun = time.monotonic()
        sequence = [HEADER.unpack_from(browser.frame())[7] for _ in range(20)]
        took_s = time.monotonic() - begun
        assert 1.5 < took_s < 6.0
        assert sequence == sorted(set(sequence))
