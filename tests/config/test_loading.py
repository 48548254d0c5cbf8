import sys
from pathlib import Path

import keras
import pytest
import yaml

import keras_mtl as mtl
from keras_mtl.config import ConfigError, load_config
from keras_mtl.config.yaml_file import dump_yaml
from tests.config.small import RUN


def test_defaults_are_those_of_the_python_functions(run_file):
    config = load_config(run_file)
    assert config.seed == 3
    assert config.training.checkpoint["metric"] == "loss"
    assert config.mixture["share"] is None
    assert config.trunk.values["word_dropout"] == 0.5
    assert config.tasks["tone"].choice.values["pooling"] is None
    assert config.tokenizer.values["truncation"] == "head"
    assert config.data["reviews"].choice.values["encoding"] == "utf-8"
    assert config.tasks["topic"].data == ("wires",)


def test_paths_are_relative_to_the_run_file(run_file, monkeypatch):
    monkeypatch.chdir("/")
    config = load_config(run_file)
    assert config.output == run_file.parent / "out"
    assert config.data["reviews"].choice.values["train"] == str(run_file.parent / "reviews.csv")


def test_output_is_by_default_named_after_the_run_file(run_file):
    run_file.write_text(RUN.replace("output: out\n", ""))
    assert load_config(run_file).output == run_file.parent / "runs" / "run"


def test_the_resolved_file_gives_the_same_configuration(run_file, tmp_path):
    config = load_config(run_file)
    (tmp_path / "elsewhere").mkdir()
    again = tmp_path / "elsewhere" / "config.yaml"
    again.write_text(config.to_yaml())
    assert load_config(again).to_dict() == config.to_dict()
    assert load_config(again).fingerprint == config.fingerprint
    assert load_config(again, ["output=other"]).fingerprint == config.fingerprint
    in_parts = ["training.micro_batches=4", "training.distribute=none"]
    assert load_config(again, in_parts).fingerprint == config.fingerprint
    assert load_config(again, ["seed=4"]).fingerprint != config.fingerprint


def test_a_dictionary_does_as_well(run_file):
    config = load_config(run_file)
    assert load_config(yaml.safe_load(config.to_yaml())).to_dict() == config.to_dict()


def test_values_are_changed_by_arguments(run_file):
    changes = ["training.epochs=3", "trunk=lstm", "trunk.units=7", "tasks.tone.weight=2"]
    config = load_config(run_file.rename(run_file.with_name("b.yaml")), changes[:1])
    assert config.training.epochs == 3
    run_file.write_text(RUN.replace("trunk:\n  kind: bag\n  embedding_dim: 4\n", "trunk:\n"))
    run_file.write_text(run_file.read_text().replace("  bigram_buckets: 16\n", ""))
    config = load_config(run_file, changes)
    assert config.trunk.values["kind"] == "lstm" and config.trunk.values["units"] == 7
    assert config.tasks["tone"].weight == 2.0
    assert load_config(run_file, ["data.reviews.labels={tone: [a, b]}"]).data["reviews"]


def test_learning_rates_may_be_schedules(run_file):
    schedule = "{kind: cosine_decay, initial_learning_rate: 0.1, decay_steps: 10}"
    config = load_config(run_file, [f"training.optimizer.learning_rate={schedule}"])
    optimizer = config.training.optimizer.make()
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert isinstance(optimizer._learning_rate, keras.optimizers.schedules.CosineDecay)
    written = yaml.safe_load(config.to_yaml())["training"]["optimizer"]["learning_rate"]
    assert written["kind"] == "cosine_decay" and written["decay_steps"] == 10


OWN = '''
import keras
import keras_mtl as mtl

def my_trunk(tokenizer, width: int, names: list[str] | None = None):
    """A trunk.

    Args:
        width: How wide.
    """
    return mtl.trunks.bag(tokenizer, embedding_dim=width, bigram_buckets=0)

class MyOptimizer(keras.optimizers.SGD):
    """Mine."""

class MyCallback(keras.callbacks.Callback):
    """Mine."""

def my_task(name, labels, column):
    return mtl.classification(name, labels, column)

def my_data(name, seed, rows: int, **more):
    return name, seed, rows

LIMIT = 3
'''


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    (tmp_path / "own_things.py").write_text(OWN)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("own_things", None)


def test_classes_of_your_own_by_import_path(run_file, own_module):
    config = load_config(
        run_file,
        [
            "trunk={kind: own_things:my_trunk, width: 5}",
            "training.optimizer={kind: own_things:MyOptimizer, learning_rate: 0.5}",
            "training.callbacks=[own_things:MyCallback, {kind: TerminateOnNaN}]",
        ],
    )
    trunk = config.trunk.make(tokenizer=mtl.WordTokenizer(["a"]))
    assert trunk.output["sequence"].shape[-1] == 5
    assert type(config.training.optimizer.make()).__name__ == "MyOptimizer"
    names = [type(one.make()).__name__ for one in config.training.callbacks]
    assert names == ["MyCallback", "TerminateOnNaN"]


WRONG = {
    "an unknown section": ("trunk:\n", "trnk:\n", ["line 16", "trnk", "Did you mean 'trunk'"]),
    "an unknown key": ("embedding_dim: 4", "embeding_dim: 4", ["line 18", "'embedding_dim'"]),
    "a key of another trunk": ("embedding_dim: 4", "units: 4", ["line 18", "units"]),
    "a wrong type": ("epochs: 1", "epochs: one", ["line 22", "a whole number", "'one'"]),
    "a number in quotes": ("epochs: 1", "epochs: '1'", ["line 22", "without quotes"]),
    "a label that YAML reads as a number": ("[neg, pos]", "[0, 1]", ["line 8", '"0"', "quotes"]),
    "an unknown kind": ("kind: bag", "kind: bga", ["line 17", "'bag'"]),
    "an unknown optimizer": ("kind: adam", "kind: adamm", ["line 23", "'adam'"]),
    "an unknown argument of it": ("learning_rate", "learn_rate", ["line 23", "'learning_rate'"]),
    "a module that is not there": ("kind: bag", "kind: nope:x", ["line 17", "nope", "beside"]),
    "something that is not in it": ("kind: bag", "kind: own_things:my_trunc", ["'my_trunk'"]),
    "something that makes nothing": ("kind: bag", "kind: own_things:LIMIT", ["int"]),
    "a key that it does not take": (
        "kind: bag\n  embedding_dim: 4\n  bigram_buckets: 16",
        "kind: own_things:my_trunk\n  widht: 3",
        ["'width'", "line 18"],
    ),
    "a required key left out": (
        "kind: bag\n  embedding_dim: 4\n  bigram_buckets: 16",
        "kind: own_things:my_trunk",
        ["'width'", "How wide"],
    ),
    "an unknown dataset of a task": ("data: wires", "data: wire", ["line 14", "wires"]),
    "a dataset without a task": ("  topic: {data: wires, column: label, hidden_dim: 4}\n", "",
        ["line 10", "data.wires", "no task"]),
    "neither file nor source": ("train: reviews.csv", "test: reviews.csv", ["line 5", "train"]),
    "both file and source": ("text: review\n", "source: imdb\n", ["line 5", "both"]),
    "a file of an unknown kind": ("reviews.csv", "reviews.txt", ["line 6", ".csv"]),
    "a class weight for a task that has none": (
        "stars: {data: reviews,", "stars: {kind: own_things:my_task, data: reviews,",
        ["line 13", "class_weight"]),
    "a number that Keras leaves open": ("learning_rate: 1e-2", "clipnorm: much",
        ["line 23", "clipnorm", "a number or null"]),
    "a seed out of range": ("seed: 3", "seed: 4294967296", ["line 3", "4294967295"]),
    "a learning rate below 0": ("1e-2", "-1e-2", ["line 23", "learning_rate", "0 or more"]),
    "a decay of moments above 1": ("learning_rate: 1e-2", "beta_1: 2.0",
        ["line 23", "beta_1", "less than 1"]),
    "a batch beyond all memory": ("batch_size: 8", "batch_size: 99999999999", ["line 20"]),
    "a dataset without a name": ("  wires:", '  "":', ["name"]),
    "an unknown way of compiling": ("epochs: 1", "jit_compile: maybe", ["line 22", "`auto`"]),
    "a class of Python's own": ("kind: bag", "kind: builtins:dict", ["line 17", "signature"]),
    "a cleaning step that is not there": ("sequence_length: 8", "cleaning: [nope:Step]",
        ["line 15", "nope"]),
    "a weight below 0": ("weight: 0.5", "weight: -0.5", ["line 13", "0 or more"]),
    "no epoch": ("epochs: 1", "epochs: 0", ["line 22", "1 or more"]),
    "a section that is a list": ("mixture: {batch_size: 8, length_classes: 1}",
        "mixture: [8, 1]", ["line 20", "mapping"]),
    "a tab": ("  kind: bag", "\tkind: bag", ["line 17", "tab"]),
    "no tasks": (RUN[RUN.index("tasks:") : RUN.index("tokenizer:")], "", ["tasks", "Tasks by"]),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_file_is_one_message_with_file_and_line(mistake, run_file, own_module):
    before, after, words = WRONG[mistake]
    assert before in RUN
    run_file.write_text(RUN.replace(before, after, 1))
    with pytest.raises(ConfigError) as caught:
        load_config(run_file)
    print(f"\n{mistake}:\n    {caught.value}")
    assert str(run_file) in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_dataset_of_your_own_by_import_path(run_file, own_module):
    config = load_config(run_file, ["data.wires={source: 'own_things:my_data', rows: 3}"])
    assert config.data["wires"].choice.make(name="wires", seed=3) == ("wires", 3, 3)
    assert load_config(yaml.safe_load(config.to_yaml())).fingerprint == config.fingerprint
    with pytest.raises(ConfigError, match="`data.wires.row` is no key of this section"):
        load_config(run_file, ["data.wires={source: 'own_things:my_data', row: 3}"])
    with pytest.raises(ConfigError, match="`data.wires.source` must be an import path.*'my_data'"):
        load_config(run_file, ["data.wires={source: 'own_things:my_dat'}"])


def test_all_problems_are_told_in_the_order_of_the_file(run_file):
    run_file.write_text(RUN.replace("epochs: 1", "epochs: x").replace("seed: 3", "seed: x"))
    with pytest.raises(ConfigError) as caught:
        load_config(run_file)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2 and "line 3" in lines[0] and "line 22" in lines[1]


@pytest.mark.parametrize("change", ["training", "=3", ".=1", "seed.x=1", "data.reviews.train.x=1"])
def test_a_change_that_leads_nowhere(change, run_file):
    with pytest.raises(ConfigError, match="key=value|sections"):
        load_config(run_file, [change])


def test_a_wrong_change_is_named(run_file):
    with pytest.raises(ConfigError, match=r"^argument 'training.epochs=x': .* a whole number"):
        load_config(run_file, ["training.epochs=x"])


def test_the_example_has_no_mistake():
    config = load_config(Path(__file__).parents[2] / "examples" / "imdb_reuters.yaml")
    assert list(config.tasks) == ["sentiment", "topic"]


@pytest.mark.parametrize(
    ("stopping", "checkpoint", "found"),
    [
        ("null", "null", ("all", "loss")),
        ("{by: topic, metric: macro_f1}", "null", ("topic", "macro_f1")),
        ("{by: each, metric: accuracy}", "null", ("all", "accuracy")),
        ("{by: topic, metric: macro_f1}", "{by: tone}", ("tone", "macro_f1")),
        ("null", "{metric: accuracy}", ("all", "accuracy")),
    ],
)
def test_the_best_checkpoint_is_the_one_that_stopping_waits_for(
    stopping, checkpoint, found, run_file
):
    changes = [f"training.early_stopping={stopping}", f"training.checkpoint={checkpoint}"]
    kept = load_config(run_file, changes).training.checkpoint
    assert (kept["by"], kept["metric"]) == found


YAML_1_1 = ["08", "1e3", "-.5", "1_000", "no", "on", "0x1", "1:30", "2020-01-01", "a\x85b", "~"]


def test_text_that_yaml_1_1_reads_otherwise_is_kept(run_file):
    labels = {"tone": YAML_1_1, "1e5": None}
    config = load_config(run_file)
    changed = config.to_dict()
    changed["data"]["reviews"]["labels"] = labels
    path = run_file.with_name("again.yaml")
    path.write_text(dump_yaml(changed), encoding="utf-8")
    assert load_config(path).data["reviews"].choice.values["labels"] == labels


def test_a_changed_section_is_not_blamed_on_the_line_it_had(run_file):
    with pytest.raises(ConfigError, match=r"^argument 'trunk=\{kind: bag, embedding_dim: x\}'"):
        load_config(run_file, ["trunk={kind: bag, embedding_dim: x}"])


ODD = '''
import keras
import keras_mtl as mtl
from pathlib import Path

def odd_trunk(tokenizer, widths: tuple[int, ...] = (3, 4), rate=0, activation=keras.ops.relu,
              path: Path = Path("x"), mode="a"):
    """A trunk with arguments that YAML cannot all write.

    Args:
        widths: Widths.
    """
    return mtl.trunks.bag(tokenizer, embedding_dim=widths[0], bigram_buckets=0)
'''


def test_arguments_that_yaml_cannot_write_keep_their_defaults(run_file, monkeypatch):
    (run_file.parent / "odd_things.py").write_text(ODD)
    monkeypatch.setattr(sys, "path", list(sys.path))
    config = load_config(run_file, ["trunk={kind: odd_things:odd_trunk, widths: [5], rate: 0.5}"])
    again = load_config(yaml.safe_load(config.to_yaml()))
    assert again.fingerprint == config.fingerprint
    assert "activation" not in config.trunk.values and config.trunk.values["path"] == "x"
    trunk = again.trunk.make(tokenizer=mtl.WordTokenizer(["a"]))
    assert trunk.output["sequence"].shape[-1] == 5
    sys.modules.pop("odd_things", None)
