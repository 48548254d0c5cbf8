"""Texts to word ids, the same in Python as in an exported TensorFlow graph."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

import keras
import numpy as np
import numpy.typing as npt

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.as_json import AsJson
from keras_mtl.data.text.cleaning import CleaningStep, StripMarkup
from keras_mtl.data.text.cleaning.names import cleaned, entry, steps_of
from keras_mtl.data.text.ragged import Int32, Ragged
from keras_mtl.data.text.truncation import check_words, ends_kept, truncated
from keras_mtl.data.text.word_counts import HasInputs, most_frequent
from keras_mtl.data.text.word_splitter import WordSplitter, at_least, checked_texts, one_of
from keras_mtl.data.text.words import encode_words, padded

PADDING_ID = 0
UNKNOWN_ID = 1
UNKNOWN_WORD = "[UNK]"
_FIRST_WORD_ID = 2


@keras.saving.register_keras_serializable(package="keras_mtl")
class WordTokenizer(AsJson):
    """Cuts texts into words, Chinese into characters, and gives each its id.

    Id 0 is padding, 1 an unknown word, 2 the first word of the vocabulary. `GraphTokenizer`
    gives the same ids inside a TensorFlow graph, for any text.

    Args:
        vocabulary: The words, most frequent first. `WordTokenizer.fit` finds them.
        sequence_length: Most tokens kept of one text.
        lowercase: Whether to write all letters small.
        markup: `"remove"` resolves `&amp;` and the like and turns tags such as `<br />` into
            a space; `"keep"` reads them as text.
        punctuation: `"separate"` makes each mark a token; `"remove"` reads it as a space;
            `"keep"` leaves it in the word. An apostrophe inside a word (`don't`) always stays.
        characters: Whether each Chinese character and each emoji is a token by itself. Words
            in kana or Hangul stay whole either way.
        truncation: What is kept of a longer text: `"head"`, its first tokens; `"head_tail"`,
            three quarters from its start and a quarter from its end.
        cleaning: Steps that change a text before it is cut, in this order: names, `{name:
            arguments}`, or a `CleaningStep`, as for `cleaning.get`. With `markup="remove"` tags
            and entities go first, lest a step take them apart, unless `"markup"` is in the list.

    Raises:
        TypeError: A word is not a str, or `cleaning` is no list of steps.
        ValueError: An option or a step is unknown, a step is there twice, or a word can never
            come out of these options.

    Example:
        >>> tokenizer = WordTokenizer.fit(["A good film.", "A dull film!"])
        >>> tokenizer.tokens("Don't miss it")
        ["don't", 'miss', 'it']
        >>> tokenizer(["A film, good."])["token_ids"].tolist()
        [[2, 3, 1, 7, 5]]
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        sequence_length: int = 400,
        lowercase: bool = True,
        markup: str = "remove",
        punctuation: str = "separate",
        characters: bool = True,
        truncation: str = "head",
        cleaning: Sequence[Any] | None = None,
    ) -> None:
        self.sequence_length = at_least("sequence_length", sequence_length, 1)
        self.truncation = one_of("truncation", truncation)
        self.splitter = WordSplitter(lowercase, markup, punctuation, characters)
        self.cleaning = steps_of(cleaning)
        self.vocabulary = self._checked_vocabulary(vocabulary)
        self._ids = {word: _FIRST_WORD_ID + i for i, word in enumerate(self.vocabulary)}

    @classmethod
    def fit(
        cls,
        *sources: Iterable[Any] | HasInputs,
        vocabulary_size: int = 20_000,
        min_count: int = 1,
        equal_sources: bool = True,
        **options: Any,
    ) -> WordTokenizer:
        """Builds a tokenizer from the most frequent words; ties in alphabetical order.

        Args:
            *sources: Lists of texts or of lists of words, or splits. Training texts only: a
                word seen nowhere else should stay unknown.
            vocabulary_size: Most ids, padding and unknown included.
            min_count: Least number of times a word must occur, in all sources together.
            equal_sources: Whether a word's share of the tokens of each source counts, so that a
                small source has as much to say as a large one; else its plain number does.
            **options: As for `WordTokenizer`.

        Raises:
            TypeError: A text is not a str.
            ValueError: There is nothing to count, or a number is out of range.
        """
        limit = at_least("vocabulary_size", vocabulary_size, _FIRST_WORD_ID + 1)
        least = at_least("min_count", min_count, 1)
        # Any word will do: an option that is wrong should be so before the counting.
        tokens = cls(["a"], **options).tokens
        kept = most_frequent(sources, tokens, limit - _FIRST_WORD_ID, least, equal_sources)
        return cls(kept, **options)

    @property
    def vocabulary_size(self) -> int:
        """How many ids there are, padding and unknown included."""
        return len(self.vocabulary) + _FIRST_WORD_ID

    @property
    def kept(self) -> tuple[int, int]:
        """How many tokens are kept of the start and of the end of a text that is too long."""
        return ends_kept(self.sequence_length, self.truncation)

    @property
    def cleaning_steps(self) -> tuple[CleaningStep, ...]:
        """All steps that a text goes through before it is cut, in order."""
        given = any(isinstance(step, StripMarkup) for step in self.cleaning)
        if not self.cleaning or given or self.splitter.markup == "keep":
            return self.cleaning
        return (StripMarkup(), *self.cleaning)

    def tokens(self, text: str) -> list[str]:
        """All words of a text, cleaned, not truncated."""
        return self.splitter(cleaned(text, self.cleaning_steps))

    def encode(self, texts: Iterable[str]) -> dict[str, Ragged]:
        """Ids of the texts, truncated to `sequence_length`, not padded.

        Returns:
            `{"token_ids": Ragged}`, one row per text; an empty text has an empty row.

        Raises:
            TypeError: `texts` is a single str, or one of them is not a str.
        """
        ids, ends = array("i"), array("q", [0])
        head, tail = self.kept
        find = self._ids.get
        for text in checked_texts(texts):
            tokens = truncated(self.tokens(text), head, tail)
            ids.extend([find(token, UNKNOWN_ID) for token in tokens])
            ends.append(len(ids))
        return {"token_ids": Ragged(np.asarray(ids, np.int32), np.asarray(ends, np.int64))}

    def encode_words(self, rows: Iterable[Sequence[str]]) -> dict[str, Ragged]:
        """Ids of texts that are cut into words already; at least one for each word.

        Args:
            rows: For each text its words.

        Returns:
            `{"token_ids": Ragged, "word_starts": Ragged}`: of each word whose first token is
            kept, 1 + the place of that token.

        Raises:
            TypeError: If a row is no list of words.
            ValueError: If a text is too long and its end would be kept (`"head_tail"`), which
                leaves words out in the middle.
        """
        rows, longest = encode_words(rows, self._ids_of_word, self.sequence_length)
        check_words("WordTokenizer", self.truncation, longest, self.sequence_length)
        return rows

    def __call__(self, texts: Iterable[str]) -> dict[str, Int32]:
        """Ids of the texts, padded with 0 to the longest of them.

        Returns:
            `{"token_ids": int32 (N, L)}`, L at least 1.

        Raises:
            TypeError: As `encode`.
        """
        return padded(self.encode(texts))

    def detokenize(self, ids: npt.ArrayLike) -> list[str]:
        """The words of one row of ids `(L,)`, `[UNK]` for unknown ones, without the padding.

        Raises:
            ValueError: `ids` is not one row of ids of this tokenizer.
        """
        row = np.asarray(ids)
        known = row.size == 0 or (
            row.dtype.kind in "iu" and 0 <= row.min() and row.max() < self.vocabulary_size
        )
        if row.ndim != 1 or not known:
            raise ValueError(
                f"`ids` of detokenize must be one row of integers in [0, {self.vocabulary_size}). "
                f"Received: ids={ids!r}. For a batch call it once per row."
            )
        words = (UNKNOWN_WORD, *self.vocabulary)
        return [words[i - UNKNOWN_ID] for i in row if i != PADDING_ID]

    def get_config(self) -> dict[str, Any]:
        """Everything the constructor takes, the vocabulary included."""
        # Without cleaning a tokenizer is stored as it was before there was any.
        steps = {"cleaning": [entry(step) for step in self.cleaning]} if self.cleaning else {}
        return {
            "vocabulary": list(self.vocabulary),
            "sequence_length": self.sequence_length,
            "lowercase": self.splitter.lowercase,
            "markup": self.splitter.markup,
            "punctuation": self.splitter.punctuation,
            "characters": self.splitter.characters,
            "truncation": self.truncation,
            **steps,
        }

    def to_json(self) -> str:
        """The tokenizer as JSON, one word a line; the same text for the same tokenizer."""
        content = {"rules": text_rules.RULES_VERSION, "config": self.get_config()}
        return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The tokenizer that `to_json` describes.

        Raises:
            ValueError: The text was not written by `to_json`, or under other rules.
        """
        content = json.loads(text)
        rules = content.get("rules") if isinstance(content, dict) else None
        if rules != text_rules.RULES_VERSION or "config" not in content:
            raise ValueError(
                "The JSON of a WordTokenizer must come from `to_json` under rules "
                f"{text_rules.RULES_VERSION}. Received: rules={rules!r}. Other rules may cut words "
                "elsewhere: load it with the version of keras_mtl that wrote it, or fit anew."
            )
        return cls.from_config(content["config"])

    def _ids_of_word(self, word: str) -> list[int]:
        return [self._ids.get(token, UNKNOWN_ID) for token in self.tokens(word)] or [UNKNOWN_ID]

    def _checked_vocabulary(self, vocabulary: Sequence[str]) -> tuple[str, ...]:
        words = tuple(checked_texts(vocabulary, " of `vocabulary`"))
        repeated = [word for word, count in Counter(words).items() if count > 1]
        if not words or repeated:
            raise ValueError(
                "`vocabulary` of WordTokenizer must hold at least one word, and each once. "
                f"Received: {len(words)} words, repeated: {repeated[:5]}. "
                "WordTokenizer.fit builds one from texts."
            )
        for word in words:
            # Not cleaned: what a step makes of a whole text it may not make of a word of it.
            if self.splitter(word) != [word]:
                raise ValueError(
                    "`vocabulary` of WordTokenizer must hold words that its options can give. "
                    f"Received: {word!r}, which is cut into {self.splitter(word)}. Write it that "
                    "way, or change lowercase, punctuation, characters or markup."
                )
        return words
