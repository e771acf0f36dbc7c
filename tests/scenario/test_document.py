"""Reading YAML: plain data, lines, and refusal of everything that could surprise."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.base.errors import CommandError, ScenarioError
from opendome.scenario.document import MAX_DEPTH, MAX_NODES, read_text
from opendome.scenario.reader import MAX_BYTES, load, loads, read_file


def test_core_schema_of_yaml_1_2():
    text = "{a: no, b: 2024-01-01, c: 0x1F, d: 0o17, e: 1e3, f: ~, g: True, h: 1_000, i: -.5, j: '7', k: 12:30, l: }"
    expected = {
        "a": "no", "b": "2024-01-01", "c": 31, "d": 15, "e": 1000.0, "f": None, "g": True, "h": "1_000", "i": -0.5,
        "j": "7", "k": "12:30", "l": None,
    }  # fmt: skip
    data = read_text(text).data
    assert data == expected
    assert isinstance(data["e"], float) and isinstance(data["c"], int) and data["g"] is True


def test_lines_of_keys_items_and_missing_keys():
    document = read_text("# comment\na: 1\n\nb:\n  - {id: x,\n     q: 2}\n  - [1,\n     2]\n", "f.yaml")
    assert document.lines[("a",)] == 2
    assert document.lines[("b",)] == 4
    assert document.lines[("b", 0)] == 5
    assert document.lines[("b", 0, "q")] == 6
    assert document.lines[("b", 1, 1)] == 8
    assert document.line(("b", 0, "nothing", "deeper")) == 5
    assert document.line_of("b[x].q") == 6
    assert document.line_of("b[y].q") == 0


HOSTILE = {
    "empty": "",
    "only a comment": "# nothing\n",
    "null": "null",
    "a list": "- 1\n- 2\n",
    "text": "hello",
    "two documents": "a: 1\n---\nb: 2\n",
    "tab": "a:\n\tb: 1\n",
    "open bracket": "a: [1, 2\n",
    "open brace": "a: {b: 1\n",
    "open quote": 'a: "x\n',
    "bad escape": 'a: "\\q"\n',
    "escape beyond unicode": 'a: "\\UFFFFFFFF"\n',
    "colon in text": "a: b: c\n",
    "bad indentation": "a:\n    b: 1\n  c: 2\n",
    "control character": "a: \x07\n",
    "NUL": "a: \x00\n",
    "deep list": "a: " + "[" * 100_000,
    "deep mapping": "{a: " * 20_000,
    "deep block list": "- " * 20_000,
    "deep complex keys": "? " * 20_000,
    "undefined alias": "a: *b\n---\n",
    "tag of an object": "!!python/object/apply:os.system ['true']\n",
    "percent": "%\n",
    "directive": "%FOO bar\n--- - 1\n",
    "long key": "x" * 5_000 + ": 1\n",
    "reserved": "a: @b\n",
    "backtick": "a: `b`\n",
    "stray bracket": "a: 1]\n]\n",
    "star": "*\n",
    "ampersand": "&\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_ends_in_a_scenario_error(text):
    with pytest.raises(ScenarioError) as caught:
        loads(text, "hostile.yaml")
    for problem in caught.value.problems:
        assert problem.file == "hostile.yaml"
        assert problem.line >= 1
        assert len(problem.what) < 300


REFUSED = {
    "key twice": ("a: 1\nb: 2\na: 3\n", "a", 3, "written twice, first on line 1"),
    "tag": ("a: 1\nb: !!str 2\n", "b", 2, "a tag"),
    "python tag": ("a: !!python/name:os.system x\n", "a", 1, "a tag"),
    "anchor": ("a: &x 1\n", "a", 1, "an anchor"),
    "alias": ("a: &x [1]\nb: *x\n", "b", 2, "an alias"),
    "merge": ("a: 1\n<<: {b: 2}\n", "", 2, "a merge"),
    "infinity": ("a: 1\nb: [.inf]\n", "b[0]", 2, "not a number the model can use"),
    "minus infinity": ("b: -.INF\n", "b", 1, "not a number the model can use"),
    "NaN": ("b: .nan\n", "b", 1, "not a number the model can use"),
    "overflow": ("b: 1e400\n", "b", 1, "too large"),
    "beyond 1e15": ("b: -1000000000000001\n", "b", 1, "too large"),
    "five thousand digits": ("b: " + "9" * 5000 + "\n", "b", 1, "too large"),
    "number as key": ("1: x\n", "", 1, "a key must be a short text"),
    "truth value as key": ("a:\n  true: x\n", "a", 2, "a key must be a short text"),
    "no key": ("a:\n  : x\n", "a", 2, "a key must be a short text"),
    "list as key": ("? [a, b]\n: 1\n", "", 1, "a key must be text"),
    "YAML 1.1": ("%YAML 1.1\n---\na: 1\n", "", 2, "YAML 1.1 is not read"),
    "surrogate": ('a: "\\uD800"\n', "a", 1, "cannot be printed"),
    "escaped NUL": ('a: "\\0"\n', "a", 1, "cannot be printed"),
}


@pytest.mark.parametrize(("text", "key", "line", "what"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_values_are_named_with_their_line(text, key, line, what):
    problems = read_text(text, "f.yaml").problems
    matching = [problem for problem in problems if problem.key == key and problem.line == line]
    assert any(what in problem.what for problem in matching), problems


def test_what_is_refused_does_not_stop_the_reading():
    document = read_text("a: .nan\nb: &x 2\na: 3\nc: {d: 4}\n")
    assert document.data == {"a": None, "b": 2, "c": {"d": 4}}
    assert [problem.line for problem in document.problems] == [1, 2, 3]


def test_billion_laughs_stay_small():
    rows = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 30)]
    document = read_text("\n".join(rows))
    assert all(value in ([None, None], ["x", "x"]) for value in document.data.values())


def test_limits_are_exact():
    inside = "{a: " * (MAX_DEPTH - 1) + "[1]" + "}" * (MAX_DEPTH - 1)
    assert read_text(inside).problems == ()
    with pytest.raises(ScenarioError, match="nested deeper"):
        read_text("{a: " * MAX_DEPTH + "[1]" + "}" * MAX_DEPTH)


def test_number_of_values_is_limited(monkeypatch):
    assert MAX_NODES == 200_000
    monkeypatch.setattr("opendome.scenario.document.MAX_NODES", 50)
    assert read_text("a: [" + "1," * 47 + "]").problems == ()
    with pytest.raises(ScenarioError, match="more than 50 values"):
        read_text("a: [" + "1," * 60 + "]")


def test_problems_are_cut_off_at_a_hundred():
    with pytest.raises(ScenarioError) as caught:
        read_text("".join("a: 1\n" for _ in range(500)))
    assert len(caught.value.problems) == 101


def test_files(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_file(path).data == {"a": 1}
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ScenarioError, match=r"x.yaml:2: is not UTF-8"):
        read_file(path)
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ScenarioError, match="larger than"):
        read_file(path)
    with pytest.raises(ScenarioError, match="cannot be opened"):
        read_file(tmp_path)
    with pytest.raises(CommandError, match="did you mean `coastland`"):
        load("coastlnd")
    with pytest.raises(CommandError):
        load("no/such\0file.yaml")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=string.ascii_letters[:6] + "0123456789.:-[]{}&*!|>'\"%@`,#? \n\t\\~<=+", max_size=80))
def test_random_text_never_gets_past_a_scenario_error(text):
    with pytest.raises(ScenarioError):
        loads(text)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120))
def test_random_bytes_never_get_past_a_scenario_error(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("raw") / "x.yaml"
    path.write_bytes(raw)
    with pytest.raises(ScenarioError):
        load(path)
