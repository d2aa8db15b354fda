"""What is kept of a repository's own pytest options."""

import pytest

from codegen_eval.errors import DataError
from codegen_eval.repository.configuration import kept, options


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        ("--doctest-modules --import-mode=importlib", "--doctest-modules --import-mode=importlib"),
        ("--cov=pkg --cov-report term -ra", ""),
        ("--cov pkg --strict-markers", "--strict-markers"),
        ("-n auto -q -m 'not slow'", "-m 'not slow'"),
        ("-n4 -vv -x --tb short --maxfail=2", ""),
        ("-p no:warnings -p xdist -p my.plugin", "-p no:warnings -p my.plugin"),
        ("--junitxml out.xml -W error", "-W error"),
        ("--ff --lf --durations 10 -k x", "-k x"),
        ("", ""),
        ("-p", "-p"),
    ],
)
def test_addopts_without_reports_order_and_speed(words, rest):
    import shlex

    assert kept(shlex.split(words)) == shlex.split(rest)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("pytest.ini", "[pytest]\naddopts = -q --doctest-modules\n", ["--doctest-modules"]),
        ("tox.ini", "[pytest]\naddopts = --strict-markers\n", ["--strict-markers"]),
        ("setup.cfg", "[tool:pytest]\naddopts =\n    -W error\n    -q\n", ["-W", "error"]),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-W error"\n', ["-W", "error"]),
        ("pyproject.toml", '[tool.pytest]\naddopts = ["-W", "error"]\n', ["-W", "error"]),
        ("pyproject.toml", "[project]\nname = 'x'\n", []),
        ("setup.cfg", "[metadata]\nname = x\n", []),
    ],
)
def test_addopts_are_read_from_each_configuration_file(tmp_path, name, text, found):
    (tmp_path / name).write_text(text)
    assert options(tmp_path) == found


def test_the_first_file_counts(tmp_path):
    (tmp_path / "pytest.ini").write_text("")
    (tmp_path / "tox.ini").write_text("[pytest]\naddopts = -W error\n")
    assert options(tmp_path) == []


@pytest.mark.parametrize("text", ["[tool", '[tool.pytest.ini_options]\naddopts = "\'"\n'])
def test_a_broken_pyproject_is_a_data_error(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(DataError, match=r"pyproject\.toml"):
        options(tmp_path)
