"""Tokenizers of the `tokenizers` library: from a vocabulary, and what they make of pairs."""

import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tokenizers

from keras_mtl.data.text.ragged import Int32, Int64
from keras_mtl.data.text.word_splitter import checked_texts, encodable


def stored_model(text: str) -> tokenizers.Tokenizer:
    """The tokenizer that a JSON describes. Raises `ValueError` if it describes none."""
    try:
        return tokenizers.Tokenizer.from_str(text)
    except Exception as error:  # The library raises no narrower kind.
        raise ValueError(
            "`tokenizer` of a SubwordTokenizer must be the JSON of a tokenizer of the "
            f"`tokenizers` library. Received: {text!r:.80}. The library says: {error}."
        ) from error


def unknown_id(tokenizer: tokenizers.Tokenizer) -> int:
    """What a word of no pieces, such as a lone control character, is read as."""
    model = json.loads(tokenizer.to_str())["model"]
    number = tokenizer.token_to_id(model.get("unk_token") or "")
    if number is None:  # Unigram has its number; byte-level BPE knows everything but "".
        number = model.get("unk_id")
    if number is None:
        number = tokenizer.encode(" ", add_special_tokens=False).ids[0]
    return int(number)


def wordpiece_model(
    vocabulary: Sequence[str], lowercase: bool, strip_accents: bool | None, characters: bool
) -> tokenizers.Tokenizer:
    """The tokenizer of BERT; arguments as in `SubwordTokenizer.wordpiece`.

    Raises:
        ValueError: If a special piece is missing, or one is there twice.
    """
    numbers = {piece: number for number, piece in enumerate(vocabulary)}
    missing = [piece for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]") if piece not in numbers]
    if missing or len(numbers) != len(vocabulary):
        raise ValueError(
            "`vocabulary` of a WordPiece tokenizer must have [PAD], [UNK], [CLS] and [SEP], "
            f"and each piece once. Received: {len(vocabulary)} pieces, {len(numbers)} of them "
            f"different, without {missing}."
        )
    found = tokenizers.Tokenizer(tokenizers.models.WordPiece(numbers, unk_token="[UNK]"))
    found.normalizer = tokenizers.normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=characters,
        strip_accents=strip_accents,
        lowercase=lowercase,
    )
    found.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    found.post_processor = tokenizers.processors.BertProcessing(
        ("[SEP]", numbers["[SEP]"]), ("[CLS]", numbers["[CLS]"])
    )
    found.decoder = tokenizers.decoders.WordPiece()
    return found


def byte_pair_model(
    vocabulary: Mapping[str, int],
    merges: Sequence[tuple[str, str]],
    special: tuple[str, str, str],
) -> tokenizers.Tokenizer:
    """The tokenizer of RoBERTa; arguments as in `SubwordTokenizer.byte_pairs`.

    Raises:
        ValueError: If a special piece is missing.
    """
    missing = [piece for piece in special if piece not in vocabulary]
    if missing:
        raise ValueError(
            f"`vocabulary` of a byte-level BPE tokenizer must have {special}. Received: "
            f"{len(vocabulary)} pieces without {missing}."
        )
    begin, end, _ = special
    found = tokenizers.Tokenizer(tokenizers.models.BPE(dict(vocabulary), list(merges)))
    found.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.post_processor = tokenizers.processors.RobertaProcessing(
        (end, vocabulary[end]), (begin, vocabulary[begin]), add_prefix_space=False
    )
    found.decoder = tokenizers.decoders.ByteLevel()
    return found


def pair_ids(
    tokenizer: tokenizers.Tokenizer, limit: int, first: Iterable[str], second: Iterable[str]
) -> tuple[Int32, Int32, Int64]:
    """Pairs of texts as the tokenizer joins them, cut on the longer side for the sake of a limit.

    Args:
        tokenizer: It does not truncate by itself, and does not afterwards.
        limit: Most ids of a pair.
        first: The first text of each pair.
        second: The second ones.

    Raises:
        ValueError: If the limit leaves no room for a piece of each.

    Returns:
        The ids of all pairs, the number of the segment of each, and where in these pairs begin.
    """
    pairs = [
        (encodable(one), encodable(other))
        for one, other in zip(checked_texts(first), checked_texts(second), strict=True)
    ]
    least = tokenizer.num_special_tokens_to_add(True) + 2
    if limit < least:
        raise ValueError(
            f"`sequence_length` must be at least {least} where pairs of texts are read as one, for "
            f"a piece of each beside the special ones. Received: {limit}. Raise it."
        )
    tokenizer.enable_truncation(limit, strategy="longest_first")
    try:
        found = tokenizer.encode_batch_fast(pairs)
    finally:
        tokenizer.no_truncation()
    ids, segments = (
        np.fromiter((number for row in found for number in getattr(row, name)), np.int32)
        for name in ("ids", "type_ids")
    )
    return ids, segments, np.cumsum([0, *(len(row) for row in found)], dtype=np.int64)
