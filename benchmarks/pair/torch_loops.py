"""The pair's training loop in PyTorch."""

import itertools
import os
import time

import torch
from torch.nn import functional
from torch.utils.data import DataLoader

from . import costs, data
from .settings import WARM_UP
from .torch_data import LOADERS, Texts, collate, steps_of
from .torch_models import PairModel


def build(settings, sets):
    """Model and optimizer.

    Where nothing is set Adam has PyTorch's own epsilon, 1e-8, as it has Keras's 1e-7 elsewhere.
    Keras adds it before the bias is corrected; the losses do not tell them apart.
    """
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(settings.seed)
    model = PairModel(settings, {task: rows.classes for task, rows in sets.items()})
    trained = [one for one in model.parameters() if one.requires_grad]
    return model, torch.optim.Adam(trained, **settings.adam("lr", "eps"))


def train_step(model, optimizer, batches):
    """One step on a batch of each task; the losses by task."""
    losses = {
        task: functional.cross_entropy(model(token_ids, task), labels)
        for task, (token_ids, labels) in batches.items()
    }
    optimizer.zero_grad()
    sum(losses.values()).backward()
    optimizer.step()
    return {task: loss.item() for task, loss in losses.items()}


def speed(settings, sets, steps, batches):
    """Time `steps` steps after the warm-up; `batches` is one of the `LOADERS`."""
    sets = data.read(sets)
    model, optimizer = build(settings, sets)
    stream = steps_of({task: LOADERS[batches](rows) for task, rows in sets.items()})
    for step in itertools.islice(stream, WARM_UP):
        train_step(model, optimizer, step)
    rows = real_tokens = padded_tokens = 0
    totals = dict.fromkeys(sets, 0.0)
    begin = time.perf_counter()
    for step in itertools.islice(stream, steps):
        for task, loss in train_step(model, optimizer, step).items():
            totals[task] += loss
        for token_ids, _ in step.values():  # Microseconds.
            rows += len(token_ids)
            real_tokens += int(token_ids.count_nonzero())
            padded_tokens += token_ids.numel()
    return {
        "seconds": time.perf_counter() - begin,
        "steps": steps,
        "rows": rows,
        "real_tokens": real_tokens,
        "padded_tokens": padded_tokens,
        "losses": {task: total / steps for task, total in totals.items()},
        "peak_megabytes": costs.peak_megabytes(),
    }


def accuracy_of(model, rows, task, batch_size=256):
    """Share of rows that are classified right."""
    by_length = rows.lengths.argsort().tolist()
    loader = DataLoader(Texts(rows), batch_size, sampler=by_length, collate_fn=collate)
    model.eval()
    with torch.no_grad():
        right = sum(
            int((model(token_ids, task).argmax(-1) == labels).sum()) for token_ids, labels in loader
        )
    model.train()
    return right / len(rows)


def time_to(settings, sets, task, accuracy, epochs, batches):
    """Train until the validation accuracy of a task; it is looked at four times an epoch."""
    sets = data.read(sets)
    model, optimizer = build(settings, sets)
    stream = steps_of({name: LOADERS[batches](rows) for name, rows in sets.items()})
    total = sum(len(rows.train) for rows in sets.values())
    quarter = -(-total // settings.batch_size) // 4  # As many steps as the mixture's.
    seconds, accuracies = 0.0, []
    while len(accuracies) < 4 * epochs and max(accuracies, default=0.0) < accuracy:
        begin = time.perf_counter()
        for step in itertools.islice(stream, quarter):
            train_step(model, optimizer, step)
        seconds += time.perf_counter() - begin
        accuracies.append(accuracy_of(model, sets[task].validation, task))
    return {
        "seconds": seconds,
        "compile_seconds": 0.0,
        "reached": accuracies[-1] >= accuracy,
        "epochs": len(accuracies) / 4,
        "accuracies": accuracies,
        "peak_megabytes": costs.peak_megabytes(),
    }
