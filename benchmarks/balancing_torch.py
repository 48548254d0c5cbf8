"""The PyTorch side of `balancing.py`: one measurement, printed as JSON.

`torch_equal` adds the losses up; `torch_each` takes a backward pass for each task and adds their
gradients up, as a method on gradients would; `torch_torchjd` is TorchJD with UPGrad.
"""

import argparse
import json

import numpy as np
import torch
from balancing import CLASSES, LENGTH, ROWS, VOCABULARY, timed


class Encoder(torch.nn.Module):
    """The trunk: a transformer of 4 layers, or an LSTM; the mean over tokens."""

    def __init__(self, kind):
        super().__init__()
        width = 256 if kind == "bert" else 128
        self.kind, self.embedding = kind, torch.nn.Embedding(VOCABULARY, width)
        if kind == "bert":
            self.position = torch.nn.Embedding(LENGTH, width)
            layer = torch.nn.TransformerEncoderLayer(
                width, 4, 4 * width, dropout=0.1, activation="gelu", batch_first=True
            )
            self.body = torch.nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        else:
            self.body = torch.nn.LSTM(width, 64, batch_first=True)
        self.width = width if kind == "bert" else 64

    def forward(self, ids):
        found = self.embedding(ids)
        if self.kind == "bert":
            return self.body(found + self.position.weight[None]).mean(1)
        return self.body(found)[0].mean(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--one")
    parser.add_argument("--rows")
    parser.add_argument("--trunk")
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--steps", type=int)
    options = parser.parse_args()
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    trunk = Encoder(options.trunk)
    heads = torch.nn.ModuleList(torch.nn.Linear(trunk.width, CLASSES) for _ in range(options.tasks))
    optimizer = torch.optim.Adam([*trunk.parameters(), *heads.parameters()])
    ids = [torch.tensor(random.integers(2, VOCABULARY, (ROWS, LENGTH))) for _ in heads]
    labels = [torch.tensor(random.integers(0, CLASSES, ROWS)) for _ in heads]

    def losses():
        features = trunk(torch.cat(ids))
        found = [
            torch.nn.functional.cross_entropy(head(one), label)
            for head, one, label in zip(heads, features.split(ROWS), labels, strict=True)
        ]
        return found, features

    def step():
        optimizer.zero_grad()
        found, features = losses()
        if options.one == "torch_equal":
            sum(found).backward()
        elif options.one == "torch_torchjd":
            from torchjd.aggregation import UPGrad
            from torchjd.autojac import jac_to_grad, mtl_backward

            mtl_backward(found, features)
            jac_to_grad(trunk.parameters(), UPGrad())
        else:
            shared = list(trunk.parameters())
            every = [torch.autograd.grad(one, shared, retain_graph=True) for one in found]
            rows = torch.stack([torch.cat([one.ravel() for one in each]) for each in every])
            rows @ rows.T  # The Gramian, which any method needs.
            for parameter, *each in zip(shared, *every, strict=True):
                parameter.grad = sum(each)
            sum(found).backward(inputs=list(heads.parameters()))
        optimizer.step()

    print(json.dumps(timed(step, options.steps)))


if __name__ == "__main__":
    main()
