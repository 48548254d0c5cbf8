"""A fingerprint is that of the rows: their values and their order, and nothing else."""

import collections
import dataclasses
import datetime
import enum
import hashlib
import os
import subprocess
import sys

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


def of(value):
    return Split({"value": [value]}).fingerprint


@dataclasses.dataclass(frozen=True)
class Span:
    start: int
    kind: object = None


class Tone(enum.Enum):
    GOOD = "good"


DAY = datetime.date(2020, 1, 1)
NANOSECOND = np.datetime64(1, "ns")


@pytest.mark.parametrize(
    "values",
    [
        [{1: 2}, {"1": 2}, [[1, 2]], {"": ["mapping", [[1, 2]]]}],
        [{True: 1}, {"true": 1}, {None: 1}, {"null": 1}],
        [{1, 2}, ["set", "1", "2"], {"1", "2"}, ["set", [1, 2]], {"": ["set", [1, 2]]}],
        [DAY, ["date", "datetime.date(2020, 1, 1)"], str(DAY), repr(DAY)],
        [b"a", "a", "61", ["bytes", "61"], {"": ["bytes", "61"]}],
        [Span(1), [["start", 1], ["kind", None]], {"start": 1, "kind": None}, Span(2)],
        [NANOSECOND, 1, np.datetime64(2, "ns"), "1970-01-01T00:00:00.000000001"],
        [np.longdouble(1) / 3, 1 / 3, 1j, Tone.GOOD, "good", collections.deque([1]), [1]],
        [{"a": {1: 2}}, {"a": {"1": 2}}, [{1, 2}], [[1, 2]]],
    ],
)
def test_values_that_differ_have_another_fingerprint(values):
    assert len(set(map(of, values))) == len(values)


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "1", "set", "mapping"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["", "1"]) | st.integers(0, 1), inner, max_size=2)
        | st.frozensets(st.integers(0, 2), max_size=2)
    ),
    max_leaves=8,
)


@given(NESTED, NESTED)
def test_fingerprints_are_equal_only_for_equal_values(one, other):
    # Of what is drawn, `repr` writes only equal values alike, given the same order of sets.
    assert (of(one) == of(other)) == (repr(one) == repr(other))


def test_a_fingerprint_does_not_depend_on_the_run():
    code = (
        "import dataclasses; from keras_mtl.data import Split\n"
        "@dataclasses.dataclass\nclass Bag:\n    words: set\n"
        "sets = {frozenset({'a', 'b'}), frozenset({'c', 'd', 'e'}), frozenset('fgh')}\n"
        "print(Split({'v': [sets, Bag({'x', 'y', 'z'}), {frozenset('ab'): 1}]}).fingerprint)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1 and "\n" in found.pop()


class Odd:
    def __repr__(self):
        return f"Odd({set('abc')})"


@pytest.mark.parametrize(
    "value",
    [object(), [object()], {"a": object()}, Span(1, object()), {object()}, lambda: 1, Odd()],
)
def test_a_value_without_a_fixed_form_is_an_error(value):
    split = Split({"text": ["a", "b"], "extra": [1, value]}, "mine/train")
    with pytest.raises(
        TypeError, match="'extra' of split 'mine/train' .* in row 1 .*it is written"
    ):
        split.fingerprint  # noqa: B018
