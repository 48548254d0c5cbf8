"""examples/imdb_reuters.yaml gives the weights of examples/imdb_reuters.py."""

import importlib.util
from pathlib import Path

import pytest

from keras_mtl.config import load_config
from keras_mtl.runs import train
from tests.figures import exactly
from tests.training.small import largest_difference, weights_of

EXAMPLES = Path(__file__).parents[2] / "examples"


def weights_apart(folder, epochs):
    """The largest difference of a weight between the two examples."""
    specification = importlib.util.spec_from_file_location("example", EXAMPLES / "imdb_reuters.py")
    example = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(example)
    options = example.parse(["--epochs", str(epochs), "--verbose", "0"])
    changes = [f"output={folder / 'run'}", f"training.epochs={epochs}"]
    run = train(load_config(EXAMPLES / "imdb_reuters.yaml", changes))
    model = example.train_together(options)[0]
    return largest_difference(weights_of(run.model()), weights_of(model))


def test_yaml_example_gives_the_weights_of_the_python_example(small_datasets, tmp_path):
    exactly("small sets, weights apart after 2 epochs", weights_apart(tmp_path, 2), 0.0)


@pytest.mark.learning
@pytest.mark.real_data
def test_yaml_example_on_the_real_sets(tmp_path):
    exactly("IMDB and Reuters, weights apart after an epoch", weights_apart(tmp_path, 1), 0.0)
