"""The page as a browser shows it: on a phone, on a desk, by night."""

import os
from pathlib import Path

import numpy as np
import pytest

from codegen_eval.report.page import page
from codegen_eval.report.reported import reported_runs
from tests.eval.metrics.made import REFERENCE, run, suite
from tests.eval.report.chromium import NAMES, Chromium, find

# Where pictures are kept to be looked at; else they go with the test's folder.
KEEP = os.environ.get("CODEGEN_SHOTS")
LONG = "    return " + " + ".join(["left_and_right_with_a_long_name"] * 20) + "\n"
KINDS = (
    (REFERENCE, "passed", ""),
    (LONG, "wrong", "add(1, 2): expected 3, got " + "1" * 300),
    (REFERENCE + "    print(left)\n", "syntax", "IndentationError: unexpected indent (line 3)"),
    ("", "error", "TypeError: expected 3"),
    ("    while True:\n        \x1b[31m\u202epass\n", "timeout", "no answer in 3 s of CPU time"),
)
OPEN = "for (const each of document.querySelectorAll('details')) each.open = true"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    program = find()
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)}, nor CODEGEN_CHROMIUM")
    started = Chromium(program, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    return Path(KEEP) if KEEP else tmp_path_factory.mktemp("shots")


def report(directory, runs=1, samples=1):
    made = suite(10, per_group=2)
    rows = [
        (task, *KINDS[(index + 2 * number) % len(KINDS)])
        for index, task in enumerate(made.problems)
        for number in range(samples)
    ]
    opened = [
        run(directory / f"run-{n}", rows, samples=samples, model=f"a-model-of-{n + 1}-billions")
        for n in range(runs)
    ]
    path = directory / "report.html"
    path.write_text(page(reported_runs([(each, made) for each in opened]), 14), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return report(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    return report(tmp_path_factory.mktemp("several"), runs=7, samples=3)


@pytest.mark.deep
@pytest.mark.parametrize("width", [375, 1200])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["one", "several"])
def test_a_report_is_shown_in_light_and_dark_colours(browser, shots, request, name, *, width, dark):
    browser.show(request.getfixturevalue(name), width, dark=dark)
    browser.screenshot(shots / f"{name}-{width}-{'dark' if dark else 'light'}.png")
    light = browser.light(width, 800)
    assert light.shape == (200, width // 4 + (width % 4 > 1))
    paper = np.median(light)
    assert paper < 0.15 if dark else paper > 0.95
    # Text covers some of it, and not nearly all.
    assert 0.02 < np.mean(np.abs(light - paper) > 0.1) < 0.5


@pytest.mark.parametrize("width", [375, 1100, 1200])
@pytest.mark.parametrize("name", ["one", "several"])
def test_nothing_makes_the_page_scroll_sideways(browser, request, name, width):
    browser.show(request.getfixturevalue(name), width)
    assert browser.evaluate(OVERFLOW) <= 0
    browser.evaluate(OPEN)
    assert browser.evaluate(OVERFLOW) <= 0


def test_code_scrolls_inside_itself(browser, one):
    browser.show(one, 375)
    browser.evaluate(OPEN)
    wide = "[...document.querySelectorAll('pre')].some(e => e.scrollWidth > e.clientWidth + 500)"
    assert browser.evaluate(wide)


def test_labels_are_large_enough_to_read_on_a_phone(browser, several):
    browser.show(several, 375)
    browser.evaluate("document.querySelector('#problems').remove()")
    script = """[...document.querySelectorAll('svg.plot text, body :not(svg, svg *)')]
        .filter(e => e.getClientRects().length && e.textContent.trim())
        .map(e => parseFloat(getComputedStyle(e).fontSize) * (e.getCTM ? e.getCTM().a : 1))"""
    assert min(browser.evaluate(script)) >= 9


def test_the_keyboard_reaches_what_opens(browser, one):
    browser.show(one, 375)
    assert browser.evaluate("document.querySelectorAll('summary').length") > 10
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    browser.evaluate("document.querySelector('.problem > summary').focus()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", **key)
    browser.call("Input.dispatchKeyEvent", type="keyUp", **key)
    assert browser.evaluate("document.querySelector('.problem').open")


def test_a_report_prints_within_the_paper(browser, several):
    browser.show(several, 700, media="print")
    assert browser.evaluate(OVERFLOW) <= 0
