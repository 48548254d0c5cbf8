"""Matplotlib figures as SVG that takes its colours and its type from the page around it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

# Drawn with a colour that stands for a CSS variable, so that the plot follows the page's theme.
COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--quiet)",
    "#030303": "var(--line)",
    "#040404": "var(--train)",
    "#050505": "var(--validation)",
    "#060606": "var(--page)",
}
INK, QUIET, LINE, TRAIN, VALIDATION, PAGE = COLOURS
# Pixels; matplotlib counts in inches and points of 1/72 inch, at this many dots an inch.
_DOTS = 72
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_TYPE = 10.5
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "keras_mtl",
    "path.simplify": False,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


class Canvas:
    """A figure measured in pixels from its upper left corner, without axes.

    Axes of matplotlib's cost most of the time a small plot takes, and their parts would have to
    be hidden one by one.

    Args:
        width: In pixels.
        height: In pixels.
    """

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self.width, self.height = width, height
        # Not pyplot, which would keep the figure and choose a window for it.
        self.figure = Figure(figsize=(width / _DOTS, height / _DOTS), dpi=_DOTS)
        self.figure.patch.set_visible(False)
        self._pixels = Affine2D().scale(1, -1).translate(0, height)

    def line(self, xs: Sequence[float], ys: Sequence[float], colour: str, **style: Any) -> None:
        """Draw a line, broken where a value is NaN; markers and widths as matplotlib has them."""
        from matplotlib.lines import Line2D

        self.figure.add_artist(
            Line2D(xs, ys, color=colour, transform=self._pixels, **style), clip=False
        )

    def text(self, x: float, y: float, text: str, colour: str, align: str = "center") -> None:
        """Write on the line whose middle is at `y`."""
        # A third of the size below the middle is where the letters stand.
        self.figure.text(
            x,
            y + _TYPE / 3,
            text,
            color=colour,
            fontsize=_TYPE,
            ha=align,
            va="baseline",
            transform=self._pixels,
            # Dollars are no mathematics here.
            parse_math=False,
        )

    def svg(self, title: str) -> Markup:
        """The drawing as an `<svg>` without ids, so that a page may hold any number of them.

        Args:
            title: What a screen reader says in place of the picture.
        """
        import matplotlib

        text = io.StringIO()
        with matplotlib.rc_context(_SETTINGS):
            self.figure.savefig(text, format="svg", metadata=_NO_METADATA)
        box = {"viewBox": f"0 0 {self.width:g} {self.height:g}", "role": "img", "aria-label": title}
        small = ElementTree.Element("svg", box)
        small.extend(_shapes(ElementTree.fromstring(text.getvalue())))
        return Markup(ElementTree.tostring(small, encoding="unicode"))


def _shapes(drawn: ElementTree.Element) -> list[ElementTree.Element]:
    """The paths and texts of a figure, in order, without the groups around them."""
    found = []
    markers: dict[str, str] = {}
    for element in drawn.iter():
        kind, given = element.tag.removeprefix(_SVG), element.attrib
        if kind == "path" and "id" in given:
            markers[f"#{given['id']}"] = _rounded(given["d"])
            continue
        # A line of nothing but gaps is a path without a course.
        if kind == "path" and given.get("d"):
            shape = ElementTree.Element("path", {"d": _rounded(given["d"])})
        elif kind == "use":
            place = f"translate({_rounded(given['x'])} {_rounded(given['y'])})"
            shape = ElementTree.Element("path", {"d": markers[given[_LINK]], "transform": place})
        elif kind == "text":
            shape = ElementTree.Element("text", {axis: _rounded(given[axis]) for axis in "xy"})
            shape.text = element.text
        else:
            continue
        shape.attrib["style"] = _themed(given.get("style", ""))
        found.append(shape)
    return found


def _themed(style: str) -> str:
    # Family and size of the type are the page's, which knows how wide the screen is.
    kept = [one.strip() for one in style.split(";") if "font-" not in one and one.strip()]
    text = ";".join(kept).replace(": ", ":")
    for placeholder, variable in COLOURS.items():
        text = text.replace(placeholder, variable)
    return text


def _rounded(numbers: str) -> str:
    """A path to a tenth of a pixel, which is finer than the eye, in one line."""
    short = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.1f}", numbers)
    return " ".join(short.replace(".0 ", " ").split())
