"""Normal forms of Unicode."""

import dataclasses
import unicodedata
from typing import Literal, get_args

import keras

from keras_mtl.data.datasets.label_space import nearest
from keras_mtl.data.text.cleaning.step import CleaningStep

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
_FORMS = get_args(Form)


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class NormalizeUnicode(CleaningStep):
    """Writes the same characters in the same way: one normal form of Unicode.

    TensorFlow has no operation for it, so an exported model cannot do it inside its graph.
    What is known of the newest characters depends on the version of Python.

    Args:
        form: `"NFC"` composes letters and accents, `"NFD"` takes them apart; `"NFKC"` and
            `"NFKD"` also make fullwidth letters, ligatures and the like plain.

    Call arguments:
        text: Any text.

    Returns:
        The text, changed.

    Raises:
        ValueError: `form` is not one of the four.

    Example:
        >>> NormalizeUnicode()("Ｆｉｌｍ ﬁn")
        'Film fin'
    """

    form: Form = "NFKC"

    def __post_init__(self) -> None:
        if self.form not in _FORMS:
            raise ValueError(
                f"`form` of NormalizeUnicode must be one of {', '.join(_FORMS)}. Received: "
                f"form={self.form!r}. {nearest(str(self.form), _FORMS)}".rstrip()
            )

    def __call__(self, text: str) -> str:
        return unicodedata.normalize(self.form, text)
