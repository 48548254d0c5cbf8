"""Batches in PyTorch: as users write them, and with length buckets."""

import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, Sampler

# Batches that are sorted by length together.
POOL = 64


class Texts(Dataset):
    """Ids and label of each row."""

    def __init__(self, rows):
        self.ids = [torch.from_numpy(ids) for ids in rows]
        self.labels = rows.labels.tolist()

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, row):
        return self.ids[row], self.labels[row]


def collate(rows):
    """Pad to the longest row of the batch."""
    ids, labels = zip(*rows, strict=True)
    return pad_sequence(ids, batch_first=True), torch.tensor(labels)


class Buckets(Sampler):
    """Batches of rows of like length, in random order; every row once.

    Args:
        lengths: Tokens of each row.
        rows: Rows of a batch.
        pool: So many batches are drawn, sorted and cut together.
    """

    def __init__(self, lengths, rows, pool=POOL):
        self.lengths = torch.as_tensor(lengths)
        self.rows, self.pool = rows, pool

    def __len__(self):
        return -(-len(self.lengths) // self.rows)

    def __iter__(self):
        order = torch.randperm(len(self.lengths))
        batches = []
        for pool in order.split(self.rows * self.pool):
            by_length = pool[self.lengths[pool].argsort()]
            batches += by_length.split(self.rows)
        return (batches[number].tolist() for number in torch.randperm(len(batches)))


def usual_loader(task_rows):
    """Shuffled rows in batches."""
    return DataLoader(
        Texts(task_rows.train), task_rows.rows_per_step, shuffle=True, collate_fn=collate
    )


def bucket_loader(task_rows):
    """The same with length buckets."""
    batches = Buckets(task_rows.train.lengths, task_rows.rows_per_step)
    return DataLoader(Texts(task_rows.train), batch_sampler=batches, collate_fn=collate)


LOADERS = {"usual": usual_loader, "buckets": bucket_loader}


def endless(loader):
    """Epoch after epoch, each in a new order."""
    while True:
        yield from loader


def steps_of(loaders):
    """For each step, task name to a batch of it."""
    streams = [endless(loader) for loader in loaders.values()]
    return (dict(zip(loaders, batches, strict=True)) for batches in zip(*streams, strict=True))
