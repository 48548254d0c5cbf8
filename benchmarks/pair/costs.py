"""What steps cost: padding, arithmetic, memory."""

from pathlib import Path


def lstm_flops(settings):
    """Forward operations of the LSTM at one token, in each direction.

    Four gates, each a product of the word vector and the state with a matrix of
    `(embedding_dim + units, units)`; a multiplication and an addition are two operations.
    Gates, pooling and heads are left out: together less than one part in a hundred.
    """
    inputs = settings.embedding_dim + settings.units
    return (1 + settings.bidirectional) * 2 * 4 * inputs * settings.units


def bag_flops(settings):
    """Forward operations of the bag at one token: its vectors are added up."""
    return settings.embedding_dim + settings.pair_dim


# Name of a trunk to its forward operations at one token.
FLOPS_PER_TOKEN = {"lstm": lstm_flops, "bag": bag_flops}


def training_flops(settings, real_tokens):
    """Operations that training on so many real tokens needs: three times those of forward.

    The gradient of a product `x @ w` is two products of the same size, one for `x`, one for `w`.
    What padding costs is not needed, and not counted.
    """
    return 3 * FLOPS_PER_TOKEN[settings.model](settings) * real_tokens


def padding_share(real_tokens, padded_tokens):
    """Share of padding among all tokens."""
    return 1.0 - real_tokens / padded_tokens


def peak_megabytes():
    """The most memory that this process has held so far (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError("/proc/self/status has no line VmHWM.")
