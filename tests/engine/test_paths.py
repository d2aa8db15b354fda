import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.engine.paths import ComputePaths, parse_paths
from codegen.errors import ConfigError

KNOWN = ("l1", "l4")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("l4", ComputePaths("l4", "l4")),
        ("l4+l1", ComputePaths("l4", "l1", 2)),
        ("l4+l1@2", ComputePaths("l4", "l1", 2)),
        ("l4+l1@32", ComputePaths("l4", "l1", 32)),
        ("l1+l4@1000", ComputePaths("l1", "l4", 1000)),
    ],
)
def test_compute_paths_are_parsed(text, paths):
    assert parse_paths(text, KNOWN) == paths
    assert parse_paths(str(paths), KNOWN) == paths


@given(st.sampled_from(KNOWN), st.sampled_from(KNOWN), st.integers(2, 10**6))
def test_what_is_written_is_read(decode, prefill, switch):
    paths = ComputePaths(decode, prefill, switch if decode != prefill else 2)
    assert parse_paths(str(paths), KNOWN) == paths


@pytest.mark.parametrize(
    "text",
    [
        *("", "full", "l5", "L4", " l4", "l4 ", "l4@32", "l4+", "+l4", "l4+l5@32", "full+l1@32"),
        *("l4+l1@", "l4+l1@0", "l4+l1@1", "l4+l1@-2", "l4+l1@+2", "l4+l1@02", "l4+l1@2.5"),
        *("l4+l1@x", "l4+l1@ 32", "l4+l1@\u00b2", "l4+l1@\u0663", "l4+l1@32@32", "l4+l1+l4@32"),
        *("l4+l4", "l4+l4@32", "l4,l1"),
    ],
)
def test_compute_paths_that_are_refused(text):
    with pytest.raises(ConfigError, match=r"this model has l1, l4; write one of them"):
        parse_paths(text, KNOWN)


@given(st.text("l14+@0123456789", max_size=12))
def test_read_or_refused(text):
    try:
        paths = parse_paths(text, KNOWN)
    except ConfigError:
        return
    assert str(paths) in {text, f"{text}@2"}
    assert set(paths.used) <= set(KNOWN)


def test_calls_go_by_their_size():
    paths = ComputePaths("l4", "l1", 32)
    assert [paths.of(tokens) for tokens in (1, 31, 32, 256)] == ["l4", "l4", "l1", "l1"]
    assert paths.used == ("l4", "l1")


def test_one_path_is_one_path():
    paths = ComputePaths("l4", "l4")
    assert (paths.of(1), paths.of(256), paths.used) == ("l4", "l4", ("l4",))
