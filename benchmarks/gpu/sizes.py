"""Sizes of the encoders, and what a training step of them multiplies."""

# Layers, width, heads, width of the hidden layer, ids.
BERT = {"base": (12, 768, 12, 3072, 30_522), "tiny": (2, 64, 2, 128, 1_000)}
# Width of the embedding, units, ids.
LSTM = {"base": (128, 64, 20_000), "tiny": (16, 16, 1_000)}
LABELS = 10
RATE = 1e-4


def flops_per_row(settings):
    """Multiplications and additions of the products for a row, forward and back.

    The products of the heads, of one vector a row, are left out.
    """
    length = settings["length"]
    if settings["model"] == "bert":
        layers, width, _, inner, _ = BERT[settings["size"]]
        of_token = layers * (2 * 4 * width * width + 2 * 2 * width * inner + 4 * length * width)
    else:
        width, units, _ = LSTM[settings["size"]]
        of_token = 2 * 4 * units * (width + units)
    return 3 * length * of_token
