"""The page on the methods, written from their classes.

python -m keras_mtl.balancing.document > docs/balancing-methods.md
"""

import inspect
import re

from docstring_parser import DocstringStyle, parse

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.names import NAMES

_HEAD = """<!-- Written by `python -m keras_mtl.balancing.document`; do not edit. -->
# Balancing methods

What each method does, where it is from, what it costs and its arguments. Which to choose says
[Balancing](balancing.md). `T` is the number of tasks, `g_t` the gradient of the loss of task `t` by
the shared variables, `G` their dot products `(T, T)`.
"""


def page() -> str:
    """The page, in Markdown."""
    parts = [_HEAD]
    for title, base in (("On losses", LossBalancer), ("On gradients", GradientAggregator)):
        parts.append(f"## {title}\n")
        parts += [
            method(name, kind) for name, kind in sorted(NAMES.items()) if issubclass(kind, base)
        ]
    return "\n".join(parts)


def method(name: str, kind: type[LossBalancer | GradientAggregator]) -> str:
    """The section of one method."""
    text, _, source = inspect.cleandoc(kind.__doc__ or "").partition("Reference:")
    found = parse(text, style=DocstringStyle.GOOGLE)
    lines = [f"### `{name}`: `{kind.__name__}`", "", found.short_description or "", ""]
    if found.long_description:
        lines += [found.long_description.strip(), ""]
    if source:
        lines += [f"Source: {' '.join(source.split())}.", ""]
    lines += [f"Cost: {cost(kind)}.", ""]
    arguments = [one for one in found.params if not one.arg_name.startswith("**")]
    defaults = inspect.signature(kind).parameters
    if arguments:
        lines += ["| argument | default | meaning |", "|---|---|---|"]
        for one in arguments:
            meaning = " ".join((one.description or "").split()).replace("|", "\\|")
            lines.append(f"| `{one.arg_name}` | {_default(defaults[one.arg_name])} | {meaning} |")
        lines.append("")
    return "\n".join(lines)


def cost(kind: type[LossBalancer | GradientAggregator]) -> str:
    """What a step with a method costs."""
    if issubclass(kind, LossBalancer):
        again = ", and a second forward pass" if kind.needs_losses_after is True else ""
        return f"one backward pass{again}"
    if kind.keeps_gradients:
        return "a gradient for each task, and a copy of the shared variables kept for each task"
    return "a gradient for each task"


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return "required"
    return re.sub("'", '"', f"`{parameter.default!r}`")


if __name__ == "__main__":
    print(page(), end="")
