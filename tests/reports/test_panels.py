import re
from xml.etree import ElementTree

import matplotlib
import pytest

from keras_mtl.reports import svg
from keras_mtl.reports.panels import panel

EPOCHS = (1, 2, 3, 4, 5)
TRAIN = (0.9, 0.7, 0.5, 0.4, 0.3)
VALIDATION = (0.9, 0.8, 0.7, 0.75, 0.8)


def parts(drawn, kind) -> list:
    return ElementTree.fromstring(drawn).findall(kind)


def texts(drawn) -> list:
    return [one.text for one in parts(drawn, "text")]


def lines(drawn, colour) -> list:
    stroke = f"stroke:{svg.COLOURS[colour]}"
    return [one for one in parts(drawn, "path") if stroke in one.attrib["style"]]


def test_both_lines_stand_where_their_values_are():
    drawn = panel(EPOCHS, TRAIN, VALIDATION, 3, "loss")
    (line,) = lines(drawn, svg.TRAIN)
    numbers = [float(one) for one in re.findall(r"[\d.]+", line.attrib["d"])]
    xs, ys = numbers[::2], numbers[1::2]
    assert xs == pytest.approx([42, 88, 134, 180, 226])
    # Higher is less far from the top; equal steps are equal ways.
    assert ys[0] < ys[1] < ys[4]
    assert ys[3] - ys[2] == pytest.approx((ys[1] - ys[0]) / 2, abs=0.2)
    assert len(lines(drawn, svg.VALIDATION)) == 1


def test_ends_are_named_and_the_best_epoch_marked():
    drawn = panel(EPOCHS, TRAIN, VALIDATION, 3, "loss of a task")
    assert {"train", "val", "1", "3", "5"} <= set(texts(drawn))
    dots = [one for one in parts(drawn, "path") if "transform" in one.attrib]
    assert len(dots) == 1 and "fill:var(--validation)" in dots[0].attrib["style"]
    assert ElementTree.fromstring(drawn).attrib["aria-label"] == "loss of a task"


@pytest.mark.parametrize("best", [None, 7])
def test_no_best_epoch_no_mark(best):
    drawn = panel(EPOCHS, TRAIN, VALIDATION, best, "loss")
    assert not [one for one in parts(drawn, "path") if "transform" in one.attrib]
    assert texts(drawn).count("1") == 1 and "dash" not in drawn


def test_names_of_near_ends_stand_apart():
    drawn = panel(EPOCHS, TRAIN, TRAIN, None, "loss")
    ys = {one.text: float(one.attrib["y"]) for one in parts(drawn, "text")}
    assert abs(ys["train"] - ys["val"]) == pytest.approx(14, abs=0.2)
    above = panel(EPOCHS, TRAIN, (*TRAIN[:4], 0.31), None, "loss")
    ys = {one.text: float(one.attrib["y"]) for one in parts(above, "text")}
    assert ys["train"] - ys["val"] == pytest.approx(14, abs=0.2)


def test_gaps_stay_gaps_and_lonely_values_are_dots():
    drawn = panel(EPOCHS, (0.5, None, 0.4, 0.3, None), (None,) * 5, None, "loss")
    (line,) = [one for one in lines(drawn, svg.TRAIN) if "transform" not in one.attrib]
    dots = [one for one in parts(drawn, "path") if "transform" in one.attrib]
    assert line.attrib["d"].count("L") == 1 and len(dots) == 1
    assert "val" not in texts(drawn) and "nan" not in drawn


def test_without_validation_the_dot_is_on_training():
    drawn = panel(EPOCHS, TRAIN, (None,) * 5, 4, "loss")
    (dot,) = [one for one in parts(drawn, "path") if "transform" in one.attrib]
    assert "fill:var(--train)" in dot.attrib["style"]


def test_nothing_to_draw():
    assert panel(EPOCHS, (None,) * 5, (None,) * 5, 3, "loss") is None


def test_a_constant_is_told_by_its_value():
    assert "0.4" in texts(panel(EPOCHS, (0.4,) * 5, (None,) * 5, None, "loss"))


def test_a_speed_begins_at_zero():
    drawn = panel(EPOCHS, (810.0, 812.0, 811.0, 809.0, 810.0), (None,) * 5, 3, "speed", named=False)
    assert "0" in texts(drawn) and "train" not in texts(drawn)
    assert not [one for one in parts(drawn, "path") if "transform" in one.attrib]


@pytest.mark.parametrize("size", [1e-7, 1e-3, 1.0, 1e4, 1e9])
def test_ticks_are_short_and_differ(size):
    drawn = panel(EPOCHS, tuple(value * size for value in TRAIN), (None,) * 5, None, "loss")
    ticks = [one.text for one in parts(drawn, "text") if "end" in one.attrib["style"]]
    assert 2 <= len(ticks) == len(set(ticks)) and all(len(tick) <= 8 for tick in ticks)


def test_all_colours_are_the_themes_and_no_id_is_left():
    drawn = panel(EPOCHS, TRAIN, VALIDATION, 3, "loss")
    assert not re.search(r"#[0-9a-f]{3,6}|\bid=|font-|href|<style", drawn)


def test_the_settings_of_matplotlib_stay_as_they_were():
    before = dict(matplotlib.rcParams)
    first = panel(EPOCHS, TRAIN, VALIDATION, 3, "loss")
    assert dict(matplotlib.rcParams) == before
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "text.color": "red"}):
        assert panel(EPOCHS, TRAIN, VALIDATION, 3, "loss") == first


def test_a_text_is_no_mathematics_and_no_markup():
    canvas = svg.Canvas(100, 50)
    canvas.text(10, 10, "$x^2$ <b> & é", svg.INK)
    (text,) = parts(canvas.svg('a "title" <x>'), "text")
    assert text.text == "$x^2$ <b> & é"
