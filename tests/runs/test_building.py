import keras
import pytest

import keras_mtl as mtl
from keras_mtl.config import ConfigError, load_config
from keras_mtl.runs.building import build
from tests.config.small import write_run
from tests.training.small import largest_difference, weights_of
from tests.trunks.tiny_bert import write_tiny_bert

CHANGES = [
    "tasks.tone.weight=0.25",
    "tasks.tone.pooling=max",
    "data.reviews.screen={conflicting_labels: true}",
    "tokenizer.cleaning=[{stop_words: {language: null, words: [film]}}]",
    "tokenizer.truncation=head_tail",
    "mixture={batch_size: 12, share: uniform, weighting: row, length_classes: 2}",
    "training.optimizer={kind: sgd, learning_rate: 0.25, momentum: 0.5}",
    "training.self_checks=false",
    "training.steps_per_execution=2",
]


@pytest.fixture
def built(tmp_path):
    run_file = write_run(tmp_path)
    with open(tmp_path / "reviews.csv", "a") as file:
        file.write("one text,neg,1\nOne  text,pos,1\n")
    return build(load_config(run_file, CHANGES))


WRAPPED = """
import keras_mtl as mtl

def wrapped(folder: str):
    return mtl.trunks.pretrained(folder)
"""


def test_a_trunk_of_your_own_may_bring_a_tokenizer(tmp_path):
    run_file = write_run(tmp_path)
    (tmp_path / "wrapping_trunk.py").write_text(WRAPPED)
    folder = write_tiny_bert(tmp_path / "bert")
    trunk = f"trunk={{kind: 'wrapping_trunk:wrapped', folder: '{folder}'}}"
    model = build(load_config(run_file, [trunk])).model
    assert isinstance(model.preprocessor, mtl.SubwordTokenizer)
    assert model.preprocessor is model.trunk.preprocessor


def test_loss_weights_are_those_of_the_file(built):
    assert built.model.settings.loss_weights == (0.25, 0.5, 1.0)


def test_options_of_a_task_are_those_of_the_file(built):
    assert built.tasks["tone"].pooling == "max" and built.tasks["stars"].pooling is None
    assert built.tasks["topic"].hidden_dim == 4
    assert built.tasks["tone"].labels == ("neg", "pos")


def test_balanced_class_weights_are_those_of_the_training_rows(built):
    stars = built.tasks["stars"]
    expected = mtl.balanced_class_weight(built.datasets["reviews"].train["stars"])
    assert dict(zip(stars.labels, stars.class_weight, strict=True)) == pytest.approx(expected)
    assert built.tasks["tone"].class_weight is None


def test_a_power_of_balanced_class_weights(tmp_path):
    config = load_config(write_run(tmp_path), ["tasks.tone.class_weight=0.5"])
    built = build(config)
    expected = mtl.balanced_class_weight(built.datasets["reviews"].train["tone"], 0.5)
    assert tuple(expected[label] for label in ("neg", "pos")) == built.tasks["tone"].class_weight


@pytest.mark.parametrize("wrong", ["even", "1.5", "-1"])
def test_class_weights_that_cannot_be_counted(wrong, tmp_path):
    config = load_config(write_run(tmp_path), [f"tasks.tone.class_weight={wrong}"])
    with pytest.raises(ConfigError, match=r"'balanced', or a power from 0 to 1. Received: "):
        build(config)


def test_words_are_weighed_for_each_task(built):
    layer = built.model.trunk.get_layer("word_sums")
    assert layer.tasks == (("tone",), ("stars",), ("topic",))
    columns = keras.ops.convert_to_numpy(layer.word_weights).T
    weights = {name: column for (name,), column in zip(layer.tasks, columns, strict=True)}
    words = ["tea", "of", "pos", "a"]
    tea, of, pos, a = built.model.preprocessor.encode([" ".join(words)])["token_ids"].row(0)
    assert weights["topic"][tea] > 0.5 > weights["topic"][of]
    assert weights["tone"][pos] > 0.5 > weights["tone"][a]
    assert weights["tone"][tea] == 0


def test_screening_is_done_where_it_is_asked_for(built):
    assert built.datasets["reviews"].screened["dropped"] > 0
    assert not built.datasets["wires"].screened
    assert not any("one text" in text.lower() for text in built.datasets["reviews"].train.texts)


def test_the_tokenizer_cleans_cuts_and_counts_as_the_file_says(built):
    tokenizer = built.model.preprocessor
    assert "film" not in tokenizer.vocabulary and tokenizer.tokens("a film") == ["a"]
    assert tokenizer.truncation == "head_tail" and tokenizer.sequence_length == 8
    words = {word for text in built.datasets["wires"].train.texts for word in text.split()}
    assert words <= set(tokenizer.vocabulary)  # Of all datasets, not of the first alone.


def test_the_mixture_is_that_of_the_file(built):
    mixture = built.mixture
    assert (mixture.batch_size, mixture.share, mixture.weighting) == (12, "uniform", "row")
    assert (mixture.length_classes, mixture.seed) == (2, 3)
    assert mixture.tasks == {"reviews": ("tone", "stars"), "wires": ("topic",)}
    assert mixture.splits["wires"] is built.datasets["wires"].train


def test_the_model_is_compiled_as_the_file_says(built):
    optimizer = built.model.optimizer
    assert type(optimizer) is keras.optimizers.SGD and optimizer.momentum == 0.5
    assert float(optimizer.learning_rate) == 0.25
    assert not built.model.settings.self_checks and built.model.steps_per_execution == 2
    assert built.model.trunk.get_layer("embedding").output_dim == 4


def test_a_schedule_decays_over_the_whole_run_unless_it_says_otherwise(tmp_path):
    run_file = write_run(tmp_path)
    rate = "kind: polynomial_decay, initial_learning_rate: 0.1, end_learning_rate: 0.0"
    for given, expected in (("", None), (", decay_steps: 7", 7)):
        optimizer = f"training.optimizer={{kind: adam, learning_rate: {{{rate}{given}}}}}"
        config = load_config(run_file, [optimizer, "training.epochs=5"])
        found = build(config)
        schedule = found.model.optimizer._learning_rate
        assert schedule.decay_steps == (expected or 5 * found.mixture.steps_per_epoch)


def test_fine_tuning_lasts_the_whole_run(tmp_path):
    optimizer = "training.optimizer={kind: fine_tuning, learning_rate: 0.25, warmup: 0.5}"
    config = load_config(write_run(tmp_path), [optimizer, "training.epochs=5"])
    found = build(config)
    assert type(found.model.optimizer) is mtl.FineTuning
    config = found.model.optimizer.get_config()
    assert config["steps"] == 5 * found.mixture.steps_per_epoch
    assert (config["learning_rate"], config["warmup"], config["weight_decay"]) == (0.25, 0.5, 0.01)


def test_word_vectors_that_are_not_there(tmp_path):
    config = load_config(write_run(tmp_path), ["trunk.vectors=small.txt"])
    with pytest.raises(ConfigError, match="`trunk`: `path` of word vectors .*small.txt'"):
        build(config)


def test_the_seed_decides_the_weights_and_the_cut(tmp_path):
    run_file = write_run(tmp_path)
    one, same, other = (build(load_config(run_file, [f"seed={n}"])) for n in (1, 1, 2))
    assert largest_difference(weights_of(one.model), weights_of(same.model)) == 0.0
    assert largest_difference(weights_of(one.model), weights_of(other.model)) > 0.01
    cuts = [b.datasets["reviews"].validation.fingerprint for b in (one, same, other)]
    assert cuts[0] == cuts[1] != cuts[2]
