"""A run file for intent and slots of one dataset, which a function of its own makes."""

import itertools

from tests.trunks.tiny_bert import write_tiny_bert

MODULE = '''
import random

import keras_mtl as mtl


def {name}(name, seed, rows: int = 40, kinds: int = 2, spans: bool = False):
    """Sentences with an intent, and slots as tags of words or as entities in a text."""
    parts = {{}}
    for split in ("train", "validation", "test"):
        draw = random.Random(f"{{split}} {{seed}}")
        found = {{"tokens": [], "text": [], "slots": [], "intent": []}}
        for row in range(rows):
            start, kind = draw.choice(("fly to", "flights from", "show")), draw.randrange(kinds)
            place = draw.choice((["new", "york"], ["boston"]))
            words, tags = start.split() + place, ["O"] * len(start.split())
            tags += [f"B-t{{kind}}", *[f"I-t{{kind}}"] * (len(place) - 1)]
            text = " ".join(words)
            entities = [{{"start": len(start) + 1, "end": len(text), "type": f"t{{kind}}"}}]
            found["tokens"].append(words)
            found["text"].append(text)
            found["slots"].append(None if row % 9 == 8 else entities if spans else tags)
            found["intent"].append(None if row % 7 == 6 else "book" if "fly" in words else "ask")
        del found["tokens" if spans else "text"]
        parts[split] = found
    types = [f"t{{kind}}" for kind in range(kinds)]
    slots = types if spans else mtl.tasks.tags_of(types)
    return mtl.Dataset.from_arrays(
        name, **parts, labels={{"slots": slots, "intent": ["ask", "book"]}}
    )
'''
RUN = """\
output: out
data:
  flights: {source: "NAME:NAME", rows: 24}
tasks:
  intent: {data: flights}
  slots: {kind: tagging, data: flights, crf: true}
trunk: {kind: lstm, embedding_dim: 6, units: 6}
mixture: {batch_size: 8, length_classes: 1}
training:
  epochs: 2
  optimizer: {kind: adam, learning_rate: 0.05}
"""

_NUMBERS = itertools.count()


def write_tagged(folder, bert=False):
    """The module, the run file and, if asked for, a tiny BERT; the path of the run file."""
    # A name of its own: a module is imported once in a process.
    name = f"flights_{next(_NUMBERS)}"
    (folder / f"{name}.py").write_text(MODULE.format(name=name))
    text = RUN.replace("NAME", name)
    if bert:
        write_tiny_bert(folder / "bert")
        text = text.replace(
            "trunk: {kind: lstm, embedding_dim: 6, units: 6}",
            "trunk: {kind: pretrained, source: bert}",
        )
    (folder / "run.yaml").write_text(text)
    return folder / "run.yaml"
