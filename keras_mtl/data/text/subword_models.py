"""Tokenizers of the `tokenizers` library, from a vocabulary."""

from collections.abc import Mapping, Sequence

import tokenizers


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
