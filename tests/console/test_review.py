"""The review tells what was played: its numbers are the tables', its page is one file that anybody can read."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from opendome.base.errors import CommandError
from opendome.base.tally import Tally
from opendome.cli.main import app
from opendome.console.exercise import load_exercise
from opendome.console.keeping import keep_played
from opendome.console.review import make_review, open_played, review_of
from opendome.console.review_content import content_of
from opendome.console.review_words import moment_words
from opendome.console.session import Session
from opendome.results.store import read_table
from opendome.study.orders import Action, Order

N_LUCK = 40
DELAY_S = 3.0


def play(out, injects=None, levels=()):
    """The tutorial, played by somebody who approves most, lets some fall and forgets the rest."""
    exercise, folder = load_exercise("tutorial")
    if injects is not None:
        exercise = exercise.model_copy(update={"injects": injects})
    session, draws, ways = Session(exercise, folder), np.random.default_rng(1), {}
    due = list(levels)
    while not session.is_over:
        session.advance(session.now_s + 0.5)
        session.collect()
        while due and not session.is_over and session.now_s >= due[0][0]:
            session.order(due.pop(0)[1])
        for track_id, waiting in list(session.play.desk.waiting.items()):
            way = ways.setdefault(track_id, draws.random())
            if not session.is_over and session.now_s - waiting.asked_s >= DELAY_S and way < 0.85:
                action = Action.APPROVE if way < 0.6 else Action.HOLD
                session.order(Order(0.0, action, track_id, seat="Operator 1"))
    session.finish()
    out.mkdir(parents=True)
    keep_played(session, out)
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return play(tmp_path_factory.mktemp("review") / "played")


@pytest.fixture(scope="module")
def review(folder):
    return review_of(folder, n_luck=N_LUCK)


@pytest.fixture(scope="module")
def page(folder):
    return make_review(folder, n_luck=N_LUCK)


def test_the_orders_lead_to_what_was_played(folder, review):
    exercise, _, choices = open_played(folder)
    assert review.is_faithful and exercise.is_faithful(choices.tolist())
    assert review.judgement is not None and review.judgement.leaks is not None


def test_levels_and_injects_lead_to_it_too(tmp_path):
    exercise, _ = load_exercise("tutorial")
    planned = type(exercise.injects[0])
    injects = (
        *exercise.injects,
        planned(at_s=150.0, kind="radar_failure", what="b1", lasts_min=0.5),
        planned.model_validate(
            {"at_s": 90.0, "kind": "false_tracks", "what": "north-hills", "toward": "alder", "class": "medium-rocket",
             "count": 2}
        ),
    )  # fmt: skip
    levels = [
        (t_s, Order(0.0, action, value=value, n_rounds=n, seat="Operator 1"))
        for t_s, action, value, n in (
            (60.0, Action.AUTHORITY, "veto", 0), (130.0, Action.SALVO, "", 2), (180.0, Action.WEAPONS, "free", 0),
            (230.0, Action.AUTHORITY, "approval", 0),
        )
    ]  # fmt: skip
    found = review_of(play(tmp_path / "played", injects, levels), ["earliest"], n_luck=N_LUCK)
    assert found.is_faithful and found.regret.bound is None
    split = found.judgement.leaks
    assert split.difference.value == pytest.approx(split.done.value + split.luck.value)


def test_numbers_are_those_of_the_tables(folder, review):
    exercise = review.played
    score = review.regret.score()
    counted = lambda row: exercise.from_s <= row["t_s"] < exercise.t_end_s  # noqa: E731
    impacts = [row for row in exercise.played.table("impacts").to_pylist() if counted(row)]
    leaks = [row for row in impacts if row["end"] == "leaked_built_up"]
    assert score["leaked_built_up"] == len(leaks) > 0
    assert score["people_exposed"] == pytest.approx(sum(row["people_exposed"] for row in leaks))
    launches = [row for row in exercise.played.table("launches").to_pylist() if counted(row)]
    assert score["interceptors_fired"] == len(launches) > 0
    orders = read_table(folder / "orders.parquet").to_pylist()
    assert review.regret.times.n_unanswered == sum(row["action"] == "unanswered" for row in orders) > 0
    lanes = {lane.label: len(lane.marks) for lane in content_of(review).timeline.lanes}
    assert (lanes["Leaks"], lanes["Rounds fired"]) == (len(leaks), len(launches))
    assert lanes["Ordered by you"] == sum(row["action"] in ("approve", "assign") for row in orders)


def test_the_answer_says_what_the_tables_say(review, page):
    text = page.read_text(encoding="utf-8")
    leaks = review.against.compare(review.played.row)[0]
    row = review.played.row - review.played.row_before
    begin = f"You let {leaks.played:.0f} of {row[Tally.THREATENING_BUILT_UP]:.0f} through; the rule earliest"
    assert begin in text and begin in content_of(review).answer.text
    assert f"{leaks.low:.0f} to {leaks.high:.0f}" in content_of(review).answer.text


def test_moments_call_tracks_as_the_console_did(folder, review):
    numbers = read_table(folder / "tracks.parquet")
    called = dict(zip(numbers.column("track_id").to_pylist(), numbers.column("number").to_pylist()))
    for moment in review.judgement.listed:
        assert f"track {called[moment.track_id]} toward " in moment_words(review, moment)
        assert re.match(r"\d\d:\d\d:\d\d ", moment_words(review, moment))
    assert review.judgement.listed[0].leaks.value > 0.0


def test_the_same_folder_gives_the_same_page(folder, page):
    before = page.read_bytes()
    make_review(folder, n_luck=N_LUCK)
    assert page.read_bytes() == before


def test_other_orders_are_not_judged(folder, tmp_path):
    import shutil

    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    choices = np.load(changed / "choices.npy")
    choices[0] = 1 - choices[0]
    np.save(changed / "choices.npy", choices)
    found = review_of(changed, ["earliest"], n_luck=5)
    assert not found.is_faithful and found.judgement is None
    assert "Not told" in dict(content_of(found).notes)
    assert make_review(changed, n_luck=5, policies=["earliest"]).is_file()


def test_the_verb_prints_and_writes(folder, tmp_path):
    said = CliRunner().invoke(
        app, ["review", str(folder), "--policy", "greedy", "--luck", "20", "--out", str(tmp_path / "page.html")]
    )
    assert said.exit_code == 0, said.output
    assert "Decisive moments" in said.output and (tmp_path / "page.html").is_file()
    found = CliRunner().invoke(app, ["review", str(folder), "--luck", "20", "--json"])
    content = json.loads(found.stdout)
    assert set(content["rules"]) >= {"earliest", "greedy", "price"} and content["draws"] == 20
    assert content["leaks"]["difference"]["value"] == pytest.approx(
        content["leaks"]["done"]["value"] + content["leaks"]["luck"]["value"]
    )


def test_what_is_no_exercise_is_said(tmp_path, folder):
    with pytest.raises(CommandError, match="no exercise that was played"):
        open_played(tmp_path)
    assert CliRunner().invoke(app, ["review", str(folder), "--luck", "1"]).exit_code != 0


# --- in a browser ---


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 820, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_asks_nobody_and_never_scrolls_sideways(browser, page, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 720}, color_scheme=scheme)
    tab, address = context.new_page(), page.resolve().as_uri()
    asked, messages = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: messages.append(message.text))
    tab.goto(address)
    assert [url for url in asked if not url.startswith("data:")] == [address] and messages == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    outside = tab.evaluate(
        """() => [...document.querySelectorAll('svg text')].filter(t => {
             const r = t.getBoundingClientRect();
             return r.width > 0 && (r.left < -2 || r.right > document.documentElement.clientWidth + 2);
           }).map(t => t.textContent)"""
    )
    assert outside == []
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, page, root, scheme):
    axe = root / "web" / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("axe-core is not installed; run `npm ci` in web/")
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(page.resolve().as_uri())
    tab.add_script_tag(path=str(axe))
    found = tab.evaluate(
        "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})).violations"
        ".map(v => v.id + ': ' + v.nodes[0].html)"
    )
    assert found == []
    context.close()
