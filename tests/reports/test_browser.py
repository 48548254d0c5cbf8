"""The page as a browser shows it; needs Chromium.

`KERAS_MTL_PICTURES=folder pytest tests/reports/test_browser.py` keeps the pictures.
"""

import os
from pathlib import Path

import pytest

from keras_mtl.reports import write_report
from tests.reports.browser import browser, installed
from tests.reports.made_up import write_run

PROGRAM = installed()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed to look with")

WIDE, PHONE = 1280, 390
# Light and dark pages; the background tells which one is shown.
SCHEMES = {"light": "rgb(251, 251, 250)", "dark": "rgb(20, 22, 26)"}


@pytest.fixture(scope="module")
def window():
    with browser(PROGRAM) as opened:
        yield opened


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    given = os.environ.get("KERAS_MTL_PICTURES")
    folder = Path(given) if given else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module", params=[(2, 3), (16, 20)], ids=lambda one: f"{one[0]} tasks")
def page(request, tmp_path_factory) -> Path:
    tasks, labels = request.param
    return write_report(write_run(tmp_path_factory.mktemp("run") / f"{tasks}_tasks", tasks, labels))


@pytest.mark.parametrize("width", [WIDE, PHONE])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_fits_its_window_and_follows_the_theme(window, pictures, page, width, scheme):
    window.open(page, width, scheme == "dark")
    picture = pictures / f"report_{page.parent.name}_{width}_{scheme}.png"
    window.picture(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    window.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert window.value("document.documentElement.scrollWidth") == width
    colour = "getComputedStyle(document.body).backgroundColor"
    assert window.value(colour) == SCHEMES[scheme]
    line = "getComputedStyle(document.querySelector('svg path')).stroke"
    assert window.value(line) == {"light": "rgb(227, 229, 232)", "dark": "rgb(44, 48, 55)"}[scheme]
    # Too wide for the window is only what scrolls by itself, or an end of a plot's text.
    beyond = """[...document.querySelectorAll('body *')].filter(one =>
        one.getBoundingClientRect().right > innerWidth + 8 && !one.closest('.scroll')).length"""
    assert window.value(beyond) == 0


def test_letters_in_plots_are_large_enough(window, page):
    for width in (WIDE, PHONE):
        window.open(page, width, False)
        sizes = """[...document.querySelectorAll('section svg text')].filter(one =>
            one.getBoundingClientRect().width).map(one =>
            parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"""
        assert min(window.value(sizes)) > 8.5


def test_a_link_opens_the_fold_it_leads_into(window, page):
    window.open(page, WIDE, False)
    window.value("location.hash = document.querySelector('#results a').hash")
    opened = "document.querySelector(location.hash).closest('details').open"
    assert window.value(opened) is True


def test_only_the_page_itself_was_asked_for(window, page):
    window.requests.clear()
    window.open(page, WIDE, False)
    assert window.requests == [page.resolve().as_uri()]
