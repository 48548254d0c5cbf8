"""Rows per second of a loop in PyTorch, compiled."""

import contextlib
import json
import resource
import sys
import time

from .sizes import BERT, LABELS, LSTM, RATE


def encoder_of(settings):
    """A module from ids `(B, L)` to a vector of each row, and its width."""
    import torch
    from torch import nn

    class Bert(nn.Module):
        def __init__(self, layers, width, heads, inner, ids):
            super().__init__()
            self.words = nn.Embedding(ids, width)
            self.places = nn.Embedding(settings["length"], width)
            self.norm, self.drop = nn.LayerNorm(width, 1e-12), nn.Dropout(0.1)
            layer = nn.TransformerEncoderLayer(
                width, heads, inner, 0.1, "gelu", 1e-12, batch_first=True
            )
            self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

        def forward(self, ids):
            places = torch.arange(ids.shape[1], device=ids.device)
            found = self.drop(self.norm(self.words(ids) + self.places(places)))
            return self.layers(found)[:, 0]

    class Lstm(nn.Module):
        def __init__(self, width, units, ids):
            super().__init__()
            self.words = nn.Embedding(ids, width)
            self.lstm = nn.LSTM(width, units, batch_first=True)

        def forward(self, ids):
            return self.lstm(self.words(ids))[0].mean(1)

    sizes = (BERT if settings["model"] == "bert" else LSTM)[settings["size"]]
    return (Bert(*sizes), sizes[1]) if settings["model"] == "bert" else (Lstm(*sizes), sizes[1])


def main(settings):
    import torch
    from torch import nn

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    encoder, width = encoder_of(settings)
    heads = nn.ModuleList([nn.Linear(width, LABELS) for _ in range(2)])
    model = nn.ModuleDict({"encoder": encoder, "heads": heads}).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, fused=True)
    loss_of, half = nn.CrossEntropyLoss(), settings["batch"] // 2
    ids_count = (BERT if settings["model"] == "bert" else LSTM)[settings["size"]][-1]
    shape = (8, 2 * half, settings["length"])
    ids = torch.randint(0, ids_count, shape, device=device)
    labels = torch.randint(0, LABELS, shape[:2], device=device)
    low = torch.autocast(device, torch.bfloat16) if settings["half"] else contextlib.nullcontext()

    def losses(ids, labels):
        with low:
            vectors = encoder(ids)
            parts = vectors[:half], vectors[half:]
            given = labels[:half], labels[half:]
            found = [head(one) for head, one in zip(heads, parts, strict=True)]
        return sum(loss_of(one.float(), own) for one, own in zip(found, given, strict=True))

    # Of an LSTM nothing is compiled: cuDNN runs it whole.
    compiled = torch.compile(losses) if settings["model"] == "bert" else losses
    for number in range(settings["warm_up"] + settings["steps"]):
        if number == settings["warm_up"]:
            _wait(device)
            begin = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        compiled(ids[number % 8], labels[number % 8]).backward()
        optimizer.step()
    _wait(device)
    seconds = time.perf_counter() - begin
    if device == "cuda":
        peak = torch.cuda.max_memory_allocated()
    else:
        peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "rows_per_second": settings["steps"] * 2 * half / seconds,
        "megabytes": peak / 2**20,
    }


def _wait(device):
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
