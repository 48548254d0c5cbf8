"""Encoded datasets are arrays, not Python objects."""

import subprocess
import sys

import pytest

from tests.figures import at_most

CODE = """
import gc, resource
import keras_mtl as mtl

def resident():
    gc.collect()
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * resource.getpagesize() / 2**20

before = resident()
sets = [mtl.load_dataset(name) for name in ("imdb", "reuters")]
tokenizer = mtl.WordTokenizer.fit(*(one.train for one in sets), vocabulary_size=20_000)
tasks = [mtl.classification(name, one.labels["label"], "label")
         for name, one in zip(("sentiment", "topic"), sets)]
streams = []
for part in ("train", "validation", "test"):
    mixture = mtl.Mixture({"imdb": getattr(sets[0], part), "reuters": getattr(sets[1], part)},
                          tasks={"imdb": "sentiment", "reuters": "topic"})
    streams.append(mixture.encode(tokenizer, tasks))
after = resident()
# Not `ru_maxrss`, which a process inherits from the one that started it.
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 2**10
print("FIGURES", after - before, peak - before)
"""


@pytest.mark.real_data
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_imdb_and_reuters_grow_the_process_by_less_than_400_mb():
    out = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    grown, peak = map(float, out.stdout.split("FIGURES")[1].split())
    at_most("MB that loading and encoding both sets adds", grown, 400)
    at_most("MB at the highest", peak, 400)
