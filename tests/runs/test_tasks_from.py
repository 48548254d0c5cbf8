"""A run file with one task for each value of a column."""

import json

import pytest

from keras_mtl.config import ConfigError, load_config
from keras_mtl.runs.building import build
from keras_mtl.runs.training import train

RUN = """\
output: out
data:
  reviews: {train: reviews.csv, labels: [tone, domain], validation_fraction: 0.25}
tasks:
  tone: {data: reviews, tasks_from: domain, column: tone, weight: 0.5, class_weight: balanced}
  any: {data: reviews, column: tone, hidden_dim: 4}
tokenizer: {vocabulary_size: 50, sequence_length: 8}
trunk: {kind: bag, embedding_dim: 4, bigram_buckets: 0}
mixture: {batch_size: 8, length_classes: 1, steps_per_epoch: 2}
training: {epochs: 1}
"""


def write(folder, domains=("sci-fi", "drama") * 12, run=RUN):
    tones = ("neg", "pos", "pos")
    rows = [f"a {tones[n % 3]} film {n},{tones[n % 3]},{one}" for n, one in enumerate(domains)]
    (folder / "reviews.csv").write_text("\n".join(["text,tone,domain", *rows, ""]))
    (folder / "run.yaml").write_text(run)
    return load_config(folder / "run.yaml")


def test_a_run_has_a_task_and_a_stream_for_each_value(tmp_path):
    config = write(tmp_path)
    run = train(config)
    tasks = {one["name"]: one for one in run.info["tasks"]}
    assert list(tasks) == ["tone_drama", "tone_sci_fi", "any"]
    assert tasks["tone_drama"]["data"] == ["reviews_drama"] and tasks["tone_drama"]["weight"] == 0.5
    assert tasks["any"]["data"] == ["reviews_drama", "reviews_sci_fi"]
    assert list(run.info["mixture"]["rows_per_step"]) == ["reviews_drama", "reviews_sci_fi"]
    assert list(json.loads((run.path / "data.json").read_text())) == [
        "reviews_drama", "reviews_sci_fi",
    ]  # fmt: skip
    assert "val_tone_sci_fi_accuracy" in run.metrics[0]
    # What is kept is what was written, and runs again.
    assert "tasks_from: domain" in (run.path / "config.yaml").read_text()
    assert run.config.fingerprint == config.fingerprint
    assert set(run.evaluate("validation")["tasks"]) == set(tasks)
    assert set(run.predictor()(["a pos film"])[0]) == set(tasks)


def test_words_are_weighed_together_for_tasks_of_one_section(tmp_path):
    built = build(write(tmp_path))
    layer = built.model.trunk.get_layer("word_sums")
    assert layer.tasks == (("tone_drama", "tone_sci_fi"), ("any",))
    assert "pooled_tone_drama+tone_sci_fi" in built.model.trunk.output


def test_class_weights_are_those_of_the_part(tmp_path):
    built = build(write(tmp_path, ["a", "a", "a", "b"] * 8))
    drama, other = (built.tasks[f"tone_{name}"].class_weight for name in "ab")
    assert drama != other and built.config.tasks["tone_a"].choice.place == ("tasks", "tone")


@pytest.mark.parametrize(
    ("domains", "change", "message"),
    [
        (
            ["a", "a", "b"] * 4 + ["c"],
            ("0.25", "0"),
            r"line 5, `tasks.tone.tasks_from`: .*one row for 'c'",
        ),
        (["a"] * 12, ("from: domain", "from: domian"), "line 5, .*'domian'. Did you mean 'domain'"),
        (["a"] * 12, ("from: domain", "from: text"), "must not be one of texts"),
        (["a"] * 12, ("  any:", "  tone_a:"), "own. Received: 'tone_a' twice.*Rename a task"),
        (
            ["a"] * 12,
            ("hidden_dim: 4", "tasks_from: tone"),
            "line 6, .*share dataset 'reviews' must be one column. Received: 'domain' and 'tone'",
        ),
        (
            ["a"] * 12,
            (
                "\ntasks:",
                "\n  reviews_a: {train: reviews.csv, labels: tone, validation_fraction: 0}\ntasks:",
            ),
            "no dataset has. Received twice: 'reviews_a'",
        ),
    ],
)
def test_what_makes_no_tasks_names_its_line(tmp_path, domains, change, message):
    run = RUN.replace(*change)
    if "reviews_a" in run:
        run = run.replace("any: {data: reviews,", "any: {data: [reviews, reviews_a],")
    with pytest.raises(ConfigError, match=message):
        build(write(tmp_path, domains, run))


def test_parts_with_other_labels_weigh_words_by_themselves(tmp_path):
    """Two datasets cut by one column, with labels of their own."""
    for name, labels, domains in (("shop", "neg pos", "books dvds"), ("films", "bad good", "new")):
        one, other = labels.split()
        rows = [
            f"a {label} thing {number},{label},{domain}"
            for domain in domains.split()
            for number, label in enumerate([one, other] * 6)
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,tone,domain", *rows, ""]))
    (tmp_path / "run.yaml").write_text(
        "output: out\n"
        "data:\n"
        "  shop: {train: shop.csv, labels: [tone, domain], validation_fraction: 0.25}\n"
        "  films: {train: films.csv, labels: [tone, domain], validation_fraction: 0.25}\n"
        "tasks:\n"
        "  tone: {data: [shop, films], tasks_from: domain, column: tone}\n"
        "tokenizer: {vocabulary_size: 50, sequence_length: 8}\n"
        "trunk: {kind: bag, embedding_dim: 4, bigram_buckets: 0}\n"
        "mixture: {batch_size: 8, length_classes: 1, steps_per_epoch: 2}\n"
        "training: {epochs: 1}\n"
    )
    built = build(load_config(tmp_path / "run.yaml"))
    sums = built.model.trunk.get_layer("word_sums").tasks
    assert sums == (("tone_books", "tone_dvds"), ("tone_new",))
