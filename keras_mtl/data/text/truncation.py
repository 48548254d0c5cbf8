"""What is kept of a text that is too long."""

from __future__ import annotations

from typing import TypeVar

Token = TypeVar("Token", int, str)

HEAD, HEAD_TAIL = "head", "head_tail"
TRUNCATIONS = (HEAD, HEAD_TAIL)


def ends_kept(room: int, truncation: str) -> tuple[int, int]:
    """How many tokens are kept of the start and of the end of a text that is too long.

    Args:
        room: Most tokens of a text.
        truncation: `"head"`: all of them from the start; `"head_tail"`: a quarter of them,
            rounded down, from the end.
    """
    tail = room // 4 if truncation == HEAD_TAIL else 0
    return room - tail, tail


def truncated(tokens: list[Token], head: int, tail: int) -> list[Token]:
    """The tokens, or of more than fit those at both ends."""
    if len(tokens) <= head + tail:
        return tokens
    return tokens[:head] + tokens[len(tokens) - tail :]


def check_words(whose: str, truncation: str, longest: int, limit: int) -> None:
    """Refuse words left out in the middle: what is predicted of each word needs them in a row.

    Args:
        whose: The class of the tokenizer.
        truncation: What it keeps of a text that is too long.
        longest: Tokens of the longest text.
        limit: How many are kept.

    Raises:
        ValueError: If that text is too long and its end would be kept.
    """
    if longest > limit and truncation != HEAD:
        raise ValueError(
            f"`truncation` of {whose} must be '{HEAD}' where texts are lists of words, or a task "
            f"predicts something of each word. Received: truncation={truncation!r}, and a text of "
            f"{longest} tokens, where {limit} are kept. Pass truncation='{HEAD}' or a larger "
            "sequence_length."
        )
