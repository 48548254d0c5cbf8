"""The examples run, on small sets and a tiny encoder, and learn what is there."""

import ast
import importlib.util
import json
from pathlib import Path

import pytest

from tests.small_datasets import write_small_datasets
from tests.small_label_sets import DOMAINS, write_small_label_sets
from tests.small_word_sets import write_small_word_sets
from tests.trunks.tiny_bert import write_tiny_bert

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Small sets, and a tiny encoder."""
    found = tmp_path_factory.mktemp("words")
    write_small_word_sets(found / "data")
    write_small_label_sets(found / "data")
    write_small_datasets(found / "data")
    write_tiny_bert(found / "encoder")
    return found


@pytest.fixture
def run(folder, monkeypatch, tmp_path, capsys):
    """Runs an example in an empty folder; what it printed."""
    monkeypatch.setenv("KERAS_MTL_DATA", str(folder / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved_models").mkdir()

    def run_example(name, *arguments):
        specification = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        example = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(example)
        given = [one.format(encoder=folder / "encoder") for one in arguments]
        options = example.parse([*given, "--verbose", "0"])
        example.main(options)
        return capsys.readouterr().out

    return run_example


SHORT = [
    *("intent_and_slots", "speech_and_entities", "chinese_entities", "sixteen_domains"),
    *("language_and_emotion", "chinese_reviews", "similarity_and_paraphrase", "several_emotions"),
    *("imdb_to_reuters", "a_new_domain", "gradual_thaw", "language_added"),
]


@pytest.mark.parametrize("name", SHORT)
def test_an_example_is_short(name):
    assert len((EXAMPLES / f"{name}.py").read_text("utf-8").splitlines()) < 60


def test_intent_and_slots(run):
    printed = run("intent_and_slots", "{encoder}", "--epochs=30", "--learning-rate=2e-2")
    scores = ast.literal_eval(printed.splitlines()[0])
    assert scores["intent_accuracy"] > 0.9 and scores["slots_f1"] > 0.9
    # Its sentence is none of this small set: what is found in it may be anything.
    answer = json.loads(printed.partition("\n")[2])
    assert answer["intent"]["label"].startswith("atis_")
    assert len(answer["slots"]["words"]) == len(answer["slots"]["tags"]) == 10


def test_speech_and_entities(run):
    printed = run("speech_and_entities", "{encoder}", "--epochs", "2")
    assert "'upos_accuracy'" in printed and "'xpos_accuracy'" in printed and "'slots_f1'" in printed
    assert printed.count("\nupos [") == printed.count("\nslots [") == 1


@pytest.mark.parametrize("trunk", ["lstm", "cnn"])
def test_chinese_entities(run, trunk):
    printed = run("chinese_entities", f"--trunk={trunk}", "--epochs=20", "--learning-rate=2e-2")
    assert "'ner_f1'" in printed and '"text": "北京"' in printed


def test_sixteen_domains(run):
    printed = run("sixteen_domains", "--epochs=20", "--learning-rate=2e-2")
    assert set(ast.literal_eval(printed.splitlines()[0])) == set(DOMAINS)
    assert float(printed.rpartition(" ")[2]) > 0.9


def test_language_and_emotion(run):
    printed = run("language_and_emotion", "--epochs=30")
    scores = ast.literal_eval(printed.splitlines()[0])
    assert scores["language_accuracy"] > 0.9 and scores["emotion_accuracy"] > 0.9
    answer = json.loads(printed.partition("\n")[2])
    assert answer["emotion"]["label"] == "sadness" and set(answer) == {"emotion", "language"}


def test_chinese_reviews(run):
    printed = run("chinese_reviews", "--epochs=40")
    scores = ast.literal_eval(printed.splitlines()[0])
    assert scores["label_accuracy"] > 0.9 and scores["category_accuracy"] > 0.9
    assert '"category"' in printed


def test_similarity_and_paraphrase(run):
    options = ("--epochs=15", "--learning-rate=1e-2", "--sequence-length=40")
    printed = run("similarity_and_paraphrase", "{encoder}", *options)
    scores = ast.literal_eval(printed.splitlines()[0])
    assert scores["similarity_pearson"] > 0.5 and scores["paraphrase_accuracy"] > 0.7
    assert "'score'" in printed.splitlines()[1]


def test_several_emotions(run):
    options = ("--epochs=2", "--learning-rate=1e-2", "--sequence-length=40")
    printed = run("several_emotions", "{encoder}", *options)
    assert "'emotions_macro_f1'" in printed and printed.count("'labels'") == 2


@pytest.mark.parametrize("back", [[], ["--back"]])
def test_imdb_to_reuters(run, back):
    printed = run("imdb_to_reuters", "--labels=64", "--epochs=1", "--target-epochs=4", *back)
    name = "imdb" if back else "reuters"
    assert "are among the" in printed and f"val_{name}_accuracy" in printed
    assert 0 <= ast.literal_eval(printed.splitlines()[-1])[f"{name}_accuracy"] <= 1


def test_a_new_domain(run):
    printed = run("a_new_domain", f"--domain={DOMAINS[0]}", "--labels=12", "--epochs=20")
    assert "100.0% of the trunk's numbers" in printed
    plain, carried = (float(line.split()[-1]) for line in printed.splitlines()[-2:])
    assert carried > 0.9 and carried >= plain


def test_gradual_thaw(run):
    printed = run("gradual_thaw", "{encoder}", "--epochs=4", "--sequence-length=40")
    assert "transformer_layer_1" in printed and "'emotion_accuracy'" in printed.splitlines()[-1]


def test_language_added(run):
    printed = run("language_added", "--epochs=40")
    assert "probability: 0.0\n" in printed and "drift: {'emotion': " in printed
    scores = ast.literal_eval(printed.splitlines()[-1])
    assert scores["language_accuracy"] > 0.9


def test_balancing_toy(capsys, tmp_path):
    specification = importlib.util.spec_from_file_location("toy", EXAMPLES / "balancing_toy.py")
    example = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(example)
    example.main(example.parse([str(tmp_path / "toy.svg"), "--steps", "100", "--rate", "0.06"]))
    ends = {name: tuple(map(float, losses.split())) for name, losses in
            (line.split(": ") for line in capsys.readouterr().out.splitlines())}  # fmt: skip
    assert len(ends) == 25 and (tmp_path / "toy.svg").stat().st_size > 10_000
    # On the line between the places the roots of the distances sum to 2.
    from_front = {name: (first - 1e-3) ** 0.5 + ((second - 1e-3) / 100) ** 0.5 - 2
                  for name, (first, second) in ends.items()}  # fmt: skip
    for name in ("mgda", "upgrad", "cagrad", "pcgrad", "nash_mtl", "equal", "famo", "random"):
        assert from_front[name] < 0.1, name
    # The plain sum is least a hundredth of the way from the second place, where its steps of
    # one length waver; what weighs tasks alike on purpose ends far from there.
    assert ends["equal"] == pytest.approx((3.92, 0.04), abs=0.25)
    assert ends["geometric_mean"][0] < 0.1 and ends["nash_mtl"][0] < 1.5 < ends["mgda"][1]
    assert ends["dynamic_task_prioritization"][1] > 3 * ends["equal"][1]
