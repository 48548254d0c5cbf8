"""The one contract between a cleaning step and everything that uses it."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar


@dataclasses.dataclass(frozen=True)
class CleaningStep(abc.ABC):
    """Changes a text before it is cut into words. Frozen: made once, the same ever after.

    A step of your own is a subclass, a frozen dataclass whose fields are what JSON can hold. To
    load a tokenizer that has it, register the class with
    `keras.saving.register_keras_serializable`; to use it, nothing is needed.

    A step that TensorFlow operations can express has a method `in_graph`, from string texts
    `(B,)` to string texts `(B,)`, UTF-8 both, that gives for any text what the call gives. It
    holds no tables or variables. Without one an exported model cannot read raw text by itself.
    A subclass with a `__call__` of its own needs an `in_graph` of its own too: that of its base
    does something else.

    Call arguments:
        text: Any text.

    Returns:
        The text, changed.

    Example:
        >>> import keras_mtl as mtl
        >>> @dataclasses.dataclass(frozen=True)
        ... class Without(CleaningStep):
        ...     letter: str
        ...     def __call__(self, text: str) -> str:
        ...         return text.replace(self.letter, "")
        >>> mtl.WordTokenizer(["film"], cleaning=[Without("#")]).tokens("A #film")
        ['a', 'film']
    """

    in_graph: ClassVar[Callable[..., Any] | None] = None

    @abc.abstractmethod
    def __call__(self, text: str) -> str:
        """The text, changed."""

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal step, as JSON has them."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        # A tuple would become an object of its own in a `.keras` file.
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> CleaningStep:
        """The step of a `get_config`."""
        return cls(**config)


def graph_of(step: CleaningStep) -> Callable[..., Any] | None:
    """The `in_graph` of a step that does what its call does; `None` if there is none.

    Example:
        >>> from keras_mtl.data.text.cleaning import Lowercase
        >>> class Shout(Lowercase):
        ...     def __call__(self, text: str) -> str:
        ...         return text.upper()
        >>> graph_of(Lowercase()) is None, graph_of(Shout()) is None
        (False, True)
    """
    for kind in type(step).__mro__:
        if "in_graph" in vars(kind):
            return step.in_graph
        if "__call__" in vars(kind):
            return None
    return None
