"""A fingerprint is that of the rows: their values and their order, and nothing else."""

import datetime
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.data import Split

ROWS = {"text": ["fine", "dull"], "label": ["pos", None]}


def test_a_fingerprint_is_the_sha_of_names_lengths_and_values():
    lines = b'["text", 2]\n"fine"\n"d\xc3\xbcll"\n["label", 2]\n"pos"\nnull\n'
    split = Split({"text": ["fine", "düll"], "label": ["pos", None]})
    assert split.fingerprint == hashlib.sha256(lines).hexdigest()


def test_the_name_and_the_kind_of_sequence_do_not_count():
    one = Split({"text": ["a", "b"], "label": [1, 2], "tokens": [["a"], ["b"]]}, "mine/train")
    other = {"text": np.array(["a", "b"]), "label": np.array([1, 2]), "tokens": (("a",), ("b",))}
    assert one.fingerprint == Split(other, "yours/test").fingerprint
    assert one.fingerprint == one.select([0, 1]).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        {"text": ["dull", "fine"], "label": [None, "pos"]},
        {"label": ["pos", None], "text": ["fine", "dull"]},
        {"text": ["fine", "dull"], "label": ["pos", "None"]},
        {"text": ["fine", "dull"], "tone": ["pos", None]},
        {"text": ["fine", "dull"]},
        {"text": ["fine\n", "dull"], "label": ["pos", None]},
    ],
)
def test_rows_that_differ_have_another_fingerprint(other):
    assert Split(ROWS).fingerprint != Split(other).fingerprint


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_fingerprints_are_equal_only_for_equal_texts(one, other):
    assert (Split({"text": one}).fingerprint == Split({"text": other}).fingerprint) == (
        one == other
    )


def test_half_a_character_and_other_values_have_a_fingerprint():
    day = datetime.date(2020, 1, 2)
    values = ["\udc80", 1.5, float("nan"), True, b"raw", day, np.float32(2.5), {"b", "a"}]
    found = [Split({"value": [value]}).fingerprint for value in values]
    assert len(set(found)) == len(values)
    assert found[-1] == Split({"value": [{"a", "b"}]}).fingerprint


@pytest.mark.parametrize("value", [object(), {("a", "b"): 1}])
def test_a_value_without_a_fixed_form_is_an_error(value):
    split = Split({"text": ["a", "b"], "extra": [1, value]}, "mine/train")
    with pytest.raises(TypeError, match="'extra' of split 'mine/train' .* in row 1"):
        split.fingerprint  # noqa: B018
