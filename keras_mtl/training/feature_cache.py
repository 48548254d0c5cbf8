"""What a frozen trunk makes of each text, computed once for a whole training."""

import contextlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.data.mixing.plain import by_padded_length, need_preprocessor
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.reading import read_rows
from keras_mtl.heads import PooledHead

# The input of a batch that has numbers of cached texts in place of token ids.
CACHED = "cached_texts"
_ROWS = 64  # Texts of one pass.


@contextlib.contextmanager
def cached(model: Any, cache: "FeatureCache | None") -> Iterator[None]:
    """Let steps take features from a cache, while the block runs."""
    if cache is None:
        yield
        return
    cache.finish()
    model.settings.cache = cache
    try:
        yield
    finally:
        # Steps that were compiled with it must not be found again.
        model.settings.cache = model.train_function = model.test_function = None


class FeatureCache:
    """Reads texts as a preprocessor does, and keeps what the trunk makes of them.

    `encode` gives each text a number in place of token ids; `features` gives, for such numbers,
    what heads pool of the trunk's features: a vector for each text.

    Args:
        model: A compiled model.

    Raises:
        ValueError: If the trunk is not frozen, or a head does not pool.
    """

    # Whether texts are cut unasked is said when they are read, not of their numbers.
    asked = 0

    def __init__(self, model: Any) -> None:
        if learning := len(model.trunk.trainable_variables):
            raise ValueError(
                "`cache_features` of `fit` needs a trunk that is frozen as a whole: "
                f"`transfer.freeze(model, 'trunk')`. Received: {learning} trainable variables."
            )
        for task in model.tasks:
            name, head = task.name, model.heads[task.name]
            if not isinstance(head, PooledHead) or head.pooling.weights or task.several:
                raise ValueError(
                    "`cache_features` of `fit` needs heads that pool one text, or one pair, to a "
                    f"vector, without weights of their own. Received: task {name!r}, whose head "
                    f"is a {type(head).__name__}. Train it without `cache_features`."
                )
        self.preprocessor = need_preprocessor(model.preprocessor)
        self.fingerprint = uuid.uuid4().hex  # Mixtures keep what was read by it.
        self._input = model.trunk.input
        pooled = {}
        self._sequences: dict[str, str] = {}
        for head in model.heads.values():
            key = head.pooled_key(model.trunk.output)
            self._sequences[key] = head._sequence(model.trunk.output)
            found = model.trunk.output
            pooled[key] = found[key] if key in found else head.pool(found)
        self._extractor = keras.Model(model.trunk.input, pooled)
        self._numbers: dict[Any, int] = {}
        # Number 0 is that of a blank row.
        self._parts = {
            key: [np.zeros((1, one.shape[-1]), "float32")] for key, one in pooled.items()
        }
        self._tables: dict[str, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.preprocessor, name)

    def encode(self, texts: Iterable[str]) -> dict[str, Ragged]:
        """A number for each text, in place of its tokens."""
        return self._numbered(
            list(texts), lambda new: read_rows(self.preprocessor, new, whose="fit")
        )

    def encode_words(self, rows: Iterable[Sequence[str]]) -> dict[str, Ragged]:
        """A number for each text that is given as a list of its words."""
        return self._numbered(
            [tuple(row) for row in rows],
            lambda new: read_rows(self.preprocessor, [list(one) for one in new], whose="fit"),
        )

    def encode_pairs(self, first: Iterable[str], second: Iterable[str]) -> dict[str, Ragged]:
        """A number for each pair that is read as one text."""
        pairs = list(zip(first, second, strict=True))
        return self._numbered(
            pairs, lambda new: self.preprocessor.encode_pairs(*map(list, zip(*new, strict=True)))
        )

    def finish(self) -> None:
        """Put what was read where steps find it; nothing more is read from here on."""
        self._tables = {
            key: keras.Variable(np.concatenate(parts), trainable=False, name="cached")
            for key, parts in self._parts.items()
        }

    def features(self, numbers: Any) -> dict[str, Any]:
        """Pooled features of texts by their numbers `(B, 1)`, as those of a trunk."""
        found: dict[str, Any] = {}
        for key, table in (self._tables or {}).items():
            found[key] = ops.take(ops.convert_to_tensor(table), numbers[:, 0], axis=0)
            # One vector is what any pooling makes of a sequence of it alone.
            for name in {self._sequences[key], "sequence"}:
                found.setdefault(name, ops.expand_dims(found[key], 1))
        return {**found, "padding_mask": ops.ones_like(numbers, dtype="bool")}

    def _numbered(
        self, texts: list[Any], read: Callable[[list[Any]], Mapping[str, Any]]
    ) -> dict[str, Ragged]:
        new = list(dict.fromkeys(one for one in texts if one not in self._numbers))
        if new:
            if self._tables is not None:
                raise ValueError(
                    "All texts of a `fit` with `cache_features` must be read before its first "
                    f"step. Received: {len(new)} more. Pass them in lists or mixtures."
                )
            self._run(read(new), len(new))
            before = len(self._numbers)
            self._numbers |= {one: before + place for place, one in enumerate(new, start=1)}
        values = np.array([self._numbers[one] for one in texts], np.int32)
        return {CACHED: Ragged(values, np.arange(len(texts) + 1, dtype=np.int64))}

    def _run(self, encoded: Mapping[str, Any], count: int) -> None:
        """Pass texts through the trunk, those of like length together."""
        found = {
            key: np.zeros((count, parts[0].shape[1]), "float32")
            for key, parts in self._parts.items()
        }
        lengths = next(iter(encoded.values())).lengths
        for length, chosen in by_padded_length(lengths):
            arrays = {name: encoded[name].take(chosen, length) for name in self._input}
            for key, one in self._extractor.predict(arrays, _ROWS, verbose=0).items():
                found[key][chosen] = one
        for key, one in found.items():
            self._parts[key].append(one)
