"""Rows per second on ATIS: ours, and PyTorch with transformers."""

import importlib
import time

import numpy as np

BATCH, RATE, WARM = 32, 2e-4, 5
FIXED = 64  # Tokens that `fixed` pads every row to.


def ours(folder, name, steps, seed):
    """Train with a mixture: a first epoch compiles all lengths, the second is measured."""
    import keras
    from pair.callbacks import Steps

    import keras_mtl as mtl

    data = mtl.load_dataset("atis")
    tasks = [
        mtl.tagging("slots", data.labels["slots"], dropout=0.1),
        mtl.classification("intent", data.labels["intent"], dropout=0.1),
    ]
    keras.utils.set_random_seed(seed)
    model = mtl.MultiTaskModel(mtl.trunks.pretrained(folder), tasks)
    mixture = mtl.Mixture(
        {"atis": data.train}, {"atis": ["slots", "intent"]}, batch_size=BATCH, seed=seed
    )
    model.compile(mtl.FineTuning(3 * mixture.steps_per_epoch, RATE))
    model.fit(mixture, epochs=1, verbose=0)
    clock = Steps()
    model.fit(mixture, epochs=1, steps_per_epoch=steps, callbacks=[clock], verbose=0)
    padding = mixture.report(model)["padding"]
    return {"rows_per_second": steps * BATCH / clock.seconds, "padding": float(padding)}


def torch(folder, name, steps, seed):
    """Train with a loop, padded to a fixed length or to that of each batch."""
    import torch as library
    import transformers

    importlib.import_module("torch._dynamo")  # An optimizer does; behind TensorFlow that crashes.
    import keras_mtl as mtl

    data = mtl.load_dataset("atis")
    rows, numbers = encoded(folder, data), np.random.default_rng(seed).permutation(len(data.train))
    library.manual_seed(seed)
    encoder = transformers.AutoModel.from_pretrained(folder)
    heads = library.nn.ModuleDict(
        {
            task: library.nn.Linear(encoder.config.hidden_size, len(data.labels[task]))
            for task in ("slots", "intent")
        }
    )
    weights = [*encoder.parameters(), *heads.parameters()]
    optimizer = library.optim.AdamW(weights, RATE, weight_decay=0.01)
    drop, loss_of = library.nn.Dropout(0.1), library.nn.CrossEntropyLoss()
    encoder.train()
    seconds, real, whole = 0.0, 0, 0
    for step in range(WARM + steps):
        chosen = [numbers[(step * BATCH + row) % len(numbers)] for row in range(BATCH)]
        ids, mask, tags, intents = batch([rows[n] for n in chosen], FIXED if name == "fixed" else 0)
        begin = time.perf_counter()
        features = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        pooled = (features * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        loss = loss_of(heads["slots"](drop(features)).flatten(0, 1), tags.flatten())
        loss = loss + loss_of(heads["intent"](drop(pooled)), intents)
        optimizer.zero_grad()
        loss.backward()
        library.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        if step >= WARM:
            seconds += time.perf_counter() - begin
            real, whole = real + int(mask.sum()), whole + mask.numel()
    return {"rows_per_second": steps * BATCH / seconds, "padding": 1 - real / whole}


def encoded(folder, data):
    """Ids, tags (-100 behind the first piece of a word) and intent of each row."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tags, intents = (
        {label: number for number, label in enumerate(data.labels[task])}
        for task in ("slots", "intent")
    )
    train = data.train
    found = tokenizer([list(row) for row in train["tokens"]], is_split_into_words=True)
    rows = []
    for number, ids in enumerate(found["input_ids"]):
        words = found.word_ids(number)
        first = [
            tags[train["slots"][number][word]]
            if word is not None and word != words[place - 1]
            else -100
            for place, word in enumerate(words)
        ]
        rows.append((ids, first, intents[train["intent"][number]]))
    return rows


def batch(rows, fixed):
    """Tensors of some rows, padded to `fixed` tokens, or to the longest of them if that is 0."""
    import torch as library

    width = fixed or max(len(ids) for ids, _, _ in rows)
    ids, tags = np.zeros((len(rows), width), np.int64), np.full((len(rows), width), -100)
    for number, (of_row, of_words, _) in enumerate(rows):
        ids[number, : len(of_row)] = of_row
        tags[number, : len(of_words)] = of_words
    intents = [intent for _, _, intent in rows]
    ids = library.from_numpy(ids)
    return ids, (ids > 0).long(), library.from_numpy(tags), library.tensor(intents)
