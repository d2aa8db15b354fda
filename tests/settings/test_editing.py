import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codegen.reasons import Reason
from codegen.settings.editing import EditingSettings
from codegen.settings.exclude import MAX_CODE_POINTS
from codegen.settings.policy import verdict
from codegen.settings.values import number, one_of
from codegen.settings.workspace import NARROWING_FILE, Narrowing, first_problems, read_narrowing


@pytest.fixture
def narrow(tmp_path):
    """Reads a file's text as a narrowing; in the problems, TMP stands for the root."""

    def read(text):
        (tmp_path / NARROWING_FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
        narrowing, problems = read_narrowing(str(tmp_path))
        assert narrowing.root == str(tmp_path)
        return narrowing, [problem.replace(str(tmp_path), "TMP") for problem in problems]

    return read


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("", {}),
        ("enabled = false", {"enabled": False}),
        ("languages.python = false", {"languages": {"python": False}}),
        ('[languages]\n"*" = false', {"languages": {"*": False}}),
        ('exclude = ["*.log", "src/gen/"]', {"exclude": ("*.log", "src/gen/")}),
        ("exclude = []", {}),
        (
            'enabled = false\nexclude = ["a"]\nlanguages = { c = false, go = false }',
            {"enabled": False, "exclude": ("a",), "languages": {"c": False, "go": False}},
        ),
    ],
)
def test_what_a_workspace_switches_off(narrow, text, changes):
    narrowing, problems = narrow(text)
    assert narrowing == replace(Narrowing(narrowing.root), **changes)
    assert problems == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("enabled = true", "'enabled' = True in TMP/.codegen.toml was ignored"),
        ("enabled = 0", "'enabled' = 0"),
        ("languages.python = true", "'languages.python' = True"),
        ('languages.python = "no"', "'languages.python' = 'no'"),
        ("languages = false", "'languages' = False"),
        ('exclude = "*.log"', "'exclude' = '*.log'"),
        ("exclude = [1]", "exclude has 1: a glob is a string"),
        ('exclude = ["!a"]', "exclude has '!a': a glob can't begin with !"),
        ('model = "/tmp/evil.gguf"', "'model' = '/tmp/evil.gguf'"),
        ('log_file = "/etc/passwd"', "'log_file' = '/etc/passwd'"),
        ("candidates = 3", "enabled = false, languages.NAME = false, and exclude = [globs]"),
        ("[editor]\nenabled = false", "'editor' = {'enabled': False}"),
        (f"x = 0x{'f' * 9000}", "'x' = a very large number"),
        ('"a\\u202eb" = 1', r"'a\u202eb' = 1"),
    ],
)
def test_a_workspace_can_t_switch_on_or_name_anything(narrow, text, part):
    narrowing, problems = narrow(text)
    assert narrowing == Narrowing(narrowing.root)
    assert len(problems) == 1
    assert part in problems[0]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("enabled =", "Invalid value"),
        (b"\xff\xfe", "'utf-8' codec"),
        ("a = " + "[" * 30_000, "maximum recursion depth"),
        ("#" * (64 * 1024 + 1), "it is larger than 64 KiB"),
    ],
)
def test_a_workspace_file_that_can_t_be_read_switches_all_off(narrow, text, part):
    # Nobody knows which files it was meant to keep from a model.
    narrowing, (problem,) = narrow(text)
    assert narrowing == Narrowing(narrowing.root, enabled=False)
    assert problem.startswith(
        "nothing is suggested below TMP, since TMP/.codegen.toml can't be read"
    )
    assert part in problem


def test_a_wrong_setting_of_a_workspace_leaves_the_others(narrow):
    text = 'enabled = 1\nexclude = ["a", "../b", "c"]\nlanguages = { c = false, go = true }\nx = 1'
    narrowing, problems = narrow(text)
    assert narrowing.enabled
    assert narrowing.exclude == ("a", "c")
    assert narrowing.languages == {"c": False}
    assert len(problems) == 4


def test_a_file_full_of_nonsense_is_told_in_a_few_sentences(narrow):
    _, problems = narrow("".join(f"x{i} = 1\n" for i in range(1000)))
    assert len(problems) == 11
    assert problems[-1] == "990 more were ignored as well"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path, other: path.symlink_to(other), id="link"),
        pytest.param(lambda path, _: os.mkfifo(path), id="pipe"),
        pytest.param(lambda path, _: path.mkdir(), id="directory"),
        pytest.param(lambda path, other: path.symlink_to(other.parent / "no"), id="dangling"),
    ],
)
def test_only_a_regular_file_is_read(tmp_path, make):
    other = tmp_path / "other.toml"
    other.write_text("enabled = false")
    root = tmp_path / "root"
    root.mkdir()
    make(root / NARROWING_FILE, other)
    narrowing, (problem,) = read_narrowing(str(root))
    # Nobody knows which files it was meant to keep from a model.
    assert narrowing == Narrowing(str(root), enabled=False)
    assert "it is not a regular file" in problem


@pytest.mark.parametrize("root", ["TMP", "TMP/none", "TMP/file", "", "relative"])
def test_a_workspace_without_a_file_switches_nothing_off(tmp_path, monkeypatch, root):
    (tmp_path / "file").touch()
    (tmp_path / "below" / "relative").mkdir(parents=True)
    for directory in ("below", "below/relative"):
        (tmp_path / directory / NARROWING_FILE).write_text("enabled = false")
    monkeypatch.chdir(tmp_path / "below")
    root = root.replace("TMP", str(tmp_path))
    assert read_narrowing(root) == (Narrowing(root), ())


@pytest.mark.parametrize(
    ("root", "part"), [("/a\0b", "null byte"), ("/" + "a" * 5000, "File name too long")]
)
def test_a_root_that_can_t_be_a_path_switches_all_off(root, part):
    narrowing, (problem,) = read_narrowing(root)
    assert narrowing == Narrowing(root, enabled=False)
    assert part in problem


@pytest.mark.parametrize(
    ("languages", "language", "allowed"),
    [
        ({}, "python", True),
        ({}, None, True),
        ({"python": False}, "python", False),
        ({"python": False}, "go", True),
        ({"*": False}, "python", False),
        ({"*": False}, None, False),
        ({"*": False, "python": True}, "python", True),
    ],
)
def test_a_language_is_switched_by_its_id_or_by_a_star(languages, language, allowed):
    reason = verdict(EditingSettings(languages=languages), (), None, language, 1)
    assert reason == (None if allowed else Reason.LANGUAGE_DISABLED)


@pytest.mark.parametrize(
    ("own", "narrowings", "path", "reason"),
    [
        ({}, [], "/a/x.py", None),
        ({}, [Narrowing("/a")], "/a/x.py", None),
        ({"enabled": False}, [], "/a/x.py", Reason.DISABLED),
        ({"languages": {"python": False}}, [], "/a/x.py", Reason.LANGUAGE_DISABLED),
        ({"exclude": ("x.*",)}, [], "/a/x.py", Reason.EXCLUDED),
        ({"exclude": ("b/*",)}, [Narrowing("/a")], "/a/b/x.py", Reason.EXCLUDED),
        ({"exclude": ("b/*",)}, [Narrowing("/c")], "/a/b/x.py", None),
        ({}, [], "/a/.env", Reason.SECRET_FILE),
        ({}, [Narrowing("/a", enabled=False)], "/a/x.py", Reason.DISABLED),
        ({}, [Narrowing("/a", enabled=False)], "/b/x.py", None),
        ({}, [Narrowing("/a", enabled=False)], None, None),
        ({}, [Narrowing("/a"), Narrowing("/a/b", enabled=False)], "/a/b/x.py", Reason.DISABLED),
        ({}, [Narrowing("/a"), Narrowing("/a/b", enabled=False)], "/a/x.py", None),
        ({}, [Narrowing("/a", languages={"python": False})], "/a/x.py", Reason.LANGUAGE_DISABLED),
        ({}, [Narrowing("/a", languages={"*": False})], "/a/x.py", Reason.LANGUAGE_DISABLED),
        ({}, [Narrowing("/a", languages={"go": False})], "/a/x.py", None),
        ({}, [Narrowing("/a", exclude=("b/*",))], "/a/b/x.py", Reason.EXCLUDED),
        ({}, [Narrowing("/a", exclude=("b/*",)), Narrowing("/c")], "/c/b/x.py", None),
        ({}, [Narrowing("/c", exclude=("**/x.py",))], "/a/x.py", None),
    ],
)
def test_a_verdict_gives_the_first_reason(own, narrowings, path, reason):
    assert verdict(EditingSettings(**own), narrowings, path, "python", 10) == reason


@pytest.mark.parametrize("path", ["/a/x.py", None])
def test_a_verdict_on_a_long_text_is_too_large(path):
    assert verdict(EditingSettings(), [], path, None, MAX_CODE_POINTS + 1) == Reason.TOO_LARGE


SCALARS = st.sampled_from(["true", "false", "1", "1.5", '"*.py"', '"!x"', "[]", '["*"]', "{}"])
LINES = st.one_of(
    st.builds("enabled = {}".format, SCALARS),
    st.builds("exclude = {}".format, SCALARS),
    st.builds("languages.python = {}".format, SCALARS),
    st.builds('languages."*" = {}'.format, SCALARS),
    st.builds("model = {}".format, SCALARS),
    st.text(max_size=10),
)
OWN = st.builds(
    EditingSettings,
    enabled=st.booleans(),
    languages=st.dictionaries(st.sampled_from(["python", "*"]), st.booleans()),
    exclude=st.lists(st.sampled_from(["*.py", "src/*", "**/.ssh"])).map(tuple),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES).map("\n".join), OWN, st.sampled_from([None, "src/x.py", ".env", "../x.py"]))
@example("enabled = false", EditingSettings(), "src/x.py")
def test_a_workspace_never_enables_anything(tmp_path, text, own, name):
    (tmp_path / NARROWING_FILE).write_bytes(text.encode("utf-8", "surrogatepass"))
    narrowing, problems = read_narrowing(str(tmp_path))
    assert all(isinstance(problem, str) for problem in problems)
    path = None if name is None else f"{tmp_path}/{name}"
    without = verdict(own, [Narrowing(str(tmp_path))], path, "python", 10)
    with_it = verdict(own, [narrowing], path, "python", 10)
    assert without is None or with_it == without


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary())
def test_no_content_of_a_workspace_file_raises(tmp_path, content):
    (tmp_path / NARROWING_FILE).write_bytes(content)
    read_narrowing(str(tmp_path))


def test_settings_can_be_compared_and_hashed():
    assert EditingSettings(languages={"c": True}) != EditingSettings()
    assert hash(EditingSettings(languages={"c": True})) == hash(EditingSettings())
    assert hash(Narrowing("/a", languages={"c": False})) == hash(Narrowing("/a"))


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        (one_of("a", "b"), "a", "a"),
        (number("seconds", 0, 10, float), 10, 10.0),
        (number("seconds", 0, 10, float), 0.5, 0.5),
        (number("apples", 1, 10, int, step=1), 3.0, 3),
    ],
)
def test_a_kind_reads_its_values(kind, value, result):
    assert kind.read(value) == result


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (one_of("a", "b", "c"), "d", "expected a, b or c"),
        (one_of("a", "b"), ["a"], "expected a or b"),
        (number("seconds", 0, 10_000, float), -1, "expected seconds from 0 to 10,000"),
        (number("seconds", 0, 10, float), float("nan"), "expected seconds"),
        (number("seconds", 0, 10, float), float("inf"), "expected seconds"),
        (number("seconds", 0, 10, float), 10**400, "expected seconds"),
        (number("seconds", 0, 10, float), True, "expected seconds"),
        (number("seconds", 0, 10, float), "1", "expected seconds"),
        (number("apples", 1, 10, int, step=1), 1.5, "expected apples"),
    ],
    ids=lambda part: part.expected if hasattr(part, "expected") else str(part)[:30],
)
def test_a_kind_refuses_other_values(kind, value, message):
    with pytest.raises(ValueError, match=message):
        kind.read(value)


def test_a_problem_is_told_once():
    assert first_problems(["a", "b", "a"]) == ("a", "b")
