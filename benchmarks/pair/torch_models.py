"""The pair's model in PyTorch, with the initial weights that Keras would draw."""

import torch
from torch import nn
from torch.nn import functional

from .settings import PAIR_FACTOR


class LSTMTrunk(nn.Module):
    """An embedding, an LSTM and the mean over real tokens: `(B, L)` ids to `(B, width)`.

    Both directions read the padding too, as PyTorch's LSTM does with padded batches.
    """

    def __init__(self, settings):
        super().__init__()
        self.embedding = nn.Embedding(
            settings.vocabulary_size, settings.embedding_dim, padding_idx=0
        )
        self.lstm = nn.LSTM(
            settings.embedding_dim,
            settings.units,
            batch_first=True,
            bidirectional=settings.bidirectional,
        )
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        for name, parameter in self.lstm.named_parameters():
            start_as_keras(name, parameter)

    def forward(self, token_ids):
        sequence = self.lstm(self.embedding(token_ids))[0]
        mask = (token_ids != 0).unsqueeze(-1)
        return (sequence * mask).sum(1) / mask.sum(1).clamp(min=1)


class BagTrunk(nn.Module):
    """Vectors of words and of hashed pairs, added up: `(B, L)` ids to `(B, width)`."""

    def __init__(self, settings):
        super().__init__()
        self.buckets = settings.pair_buckets
        self.words = nn.Embedding(settings.vocabulary_size, settings.embedding_dim, padding_idx=0)
        self.pairs = nn.Embedding(self.buckets + 1, settings.pair_dim)  # 0: no pair.
        # Whole vectors are dropped: channels of a sequence whose channels are its tokens.
        self.word_dropout = nn.Dropout1d(settings.word_dropout)
        self.dropout = nn.Dropout(settings.dropout)
        for table in (self.words, self.pairs):
            nn.init.uniform_(table.weight, -0.05, 0.05)

    def forward(self, token_ids):
        right = functional.pad(token_ids[:, 1:], (0, 1))
        numbers = (token_ids * PAIR_FACTOR + right) % self.buckets + 1
        numbers = numbers * (token_ids > 0) * (right > 0)
        sums = []
        for table, ids in ((self.words, token_ids), (self.pairs, numbers)):
            mask = (ids != 0).unsqueeze(-1)
            total = (self.word_dropout(table(ids)) * mask).sum(1)
            sums.append(total / mask.sum(1).clamp(min=1).sqrt())
        return self.dropout(torch.cat(sums, -1))


def start_as_keras(name, parameter):
    """Draw a weight of an LSTM as Keras does; the gates have one order in both.

    PyTorch adds a second bias, which Keras does not have; it stays at zero.
    """
    with torch.no_grad():
        if name.startswith("weight_ih"):
            nn.init.xavier_uniform_(parameter)
        elif name.startswith("weight_hh"):
            nn.init.orthogonal_(parameter)
        else:
            nn.init.zeros_(parameter)
    if name.startswith("bias_ih"):
        units = len(parameter) // 4
        parameter.data[units : 2 * units] = 1.0  # The forget gate.
    if name.startswith("bias_hh"):
        parameter.requires_grad_(False)


TRUNKS = {"lstm": LSTMTrunk, "bag": BagTrunk}


class PairModel(nn.Module):
    """A shared trunk and a linear head per task.

    Args:
        settings: What the trunk is made of.
        classes: Task name to number of classes.
    """

    def __init__(self, settings, classes):
        super().__init__()
        self.trunk = TRUNKS[settings.model](settings)
        self.heads = nn.ModuleDict(
            {task: nn.Linear(settings.width, count) for task, count in classes.items()}
        )
        for head in self.heads.values():
            nn.init.xavier_uniform_(head.weight)
            nn.init.zeros_(head.bias)

    def forward(self, token_ids, task):
        return self.heads[task](self.trunk(token_ids))
