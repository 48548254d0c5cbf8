"""Runs with a task of words, over words and over texts, with and without a pretrained trunk."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import keras_mtl as mtl
import keras_mtl_cli
from keras_mtl.config import ConfigError, load_config
from keras_mtl.runs import train
from keras_mtl.runs.building import build
from tests.runs.tagged import write_tagged
from tests.trunks.tiny_bert import LONGEST, write_tiny_bert

# Where the trunk does not matter: one that is built and compiled at once.
QUICK = [
    "trunk={kind: bag, embedding_dim: 4, bigram_buckets: 0}",
    "tasks.slots.crf=false",
    "training.epochs=1",
]


def command(*arguments):
    result = CliRunner().invoke(keras_mtl_cli.main, [str(one) for one in arguments])
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module", params=["entities in texts, lstm", "words, bert"])
def run(request, tmp_path_factory):
    bert = "bert" in request.param
    path = write_tagged(tmp_path_factory.mktemp("flights"), bert)
    command("train", path, *([] if bert else ["data.flights.spans=true"]))
    return mtl.runs.Run(path.parent / "out")


def test_one_dataset_feeds_the_task_of_texts_and_that_of_words(run):
    assert [task["kind"] for task in run.info["tasks"]] == ["Classification", "Tagging"]
    assert run.info["tasks"][1]["metrics"] == ["loss", "accuracy", "f1"]
    assert list(run.info["mixture"]["rows_per_step"]) == ["flights"]
    assert run.config.trunk.values["kind"] in ("lstm", "pretrained")
    assert (run.config.tokenizer is None) == (run.config.trunk.values["kind"] == "pretrained")


def test_scores_are_kept_and_evaluated_again_alike(run):
    kept = run.folder.read("evaluation.json")["splits"]["test"]
    logs = json.loads(command("evaluate", run.path, "--json"))
    assert logs == pytest.approx(kept["logs"], rel=1e-5)
    assert {"slots_accuracy", "slots_f1", "intent_macro_f1", "loss"} <= set(logs)
    review = kept["tasks"]["slots"]
    assert review["table"]["columns"] == ["type", "entities", "precision", "recall", "F1"]
    assert review["rows"] == 22 and sum(row[1] for row in review["table"]["rows"]) == 22
    shown = [word for one in review["examples"] for word in one["words"]]
    assert all(word["expected"] != word["predicted"] for word in shown)


def test_the_report_shows_the_task_of_words(run):
    page = (run.path / "report.html").read_text("utf-8")
    for text in ("slots", "accuracy", "F1", "entities", "by slots", "Words: down"):
        assert text in page


def test_predictions_have_entities(run, tmp_path):
    rows = [["fly", "to", "boston"], ["show", "new", "york"]]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"tokens": r}) + "\n" for r in rows))
    lines = command("predict", run.path, "--file", tmp_path / "rows.jsonl", "--column", "tokens")
    by_words = [json.loads(line) for line in lines.splitlines()]
    by_text = [
        json.loads(line) for line in command("predict", run.path, *map(" ".join, rows)).splitlines()
    ]
    for row, one, other in zip(rows, by_words, by_text, strict=True):
        assert (one["tokens"], other["text"]) == (row, " ".join(row))
        slots = [answer["predictions"]["slots"] for answer in (one, other)]
        assert slots[0]["words"] == row and slots[0]["tags"] == slots[1]["tags"]
        assert set(one["predictions"]["intent"]) == {"label", "score"}
        for entity in slots[1]["entities"]:
            assert other["text"][entity["start"] : entity["end"]] == entity["text"]


def test_the_exported_run_answers_alike(run):
    command("export", run.path, "--overwrite")
    texts = ["fly to new york", "", "show boston"]
    here, there = run.predictor()(texts), mtl.Predictor(run.path / "bundle")(texts)
    for one, other in zip(here, there, strict=True):
        assert one["slots"]["tags"] == other["slots"]["tags"]
        assert one["intent"]["score"] == pytest.approx(other["intent"]["score"], abs=1e-5)


def test_entities_in_texts_are_read_as_their_tags(tmp_path):
    path = write_tagged(tmp_path)
    by_tags = build(load_config(path, QUICK))
    by_spans = build(load_config(path, [*QUICK, "data.flights.spans=true"]))
    assert by_spans.tasks == by_tags.tasks
    streams = [
        built.mixture.encode(built.model.preprocessor, built.model.tasks)[0]
        for built in (by_spans, by_tags)
    ]
    for part in ("inputs", "labels", "weights"):
        one, other = (getattr(stream, part) for stream in streams)
        assert list(one) == list(other)
        for name in one:
            values = [getattr(found[name], "values", found[name]) for found in (one, other)]
            np.testing.assert_array_equal(*values)


def test_a_stream_without_test_rows_beside_one_of_words(tmp_path):
    """Rows of words and texts are scored together, each task on what it has."""
    path = write_tagged(tmp_path)
    rows = [f'{{"text": "fly {n % 2}", "tone": "{n % 2}"}}\n' for n in range(12)]
    (tmp_path / "tones.jsonl").write_text("".join(rows))
    (tmp_path / "test.jsonl").write_text("".join(rows[:5]))
    tones = "{train: tones.jsonl, test: test.jsonl, labels: tone, validation_fraction: 0.5}"
    (tmp_path / "more.jsonl").write_text("".join(rows).replace("tone", "mood"))
    changes = [
        f"data.tones={tones}",
        "data.moods={train: more.jsonl, labels: mood, validation_fraction: 0.5}",
        "tasks.tone={data: tones}",
        "tasks.mood={data: moods}",
        *QUICK,
    ]
    scores = train(load_config(path, changes)).folder.read("evaluation.json")["splits"]["test"]
    assert set(scores["tasks"]) == {"intent", "slots", "tone"}
    assert scores["tasks"]["tone"]["rows"] == 5 and scores["tasks"]["slots"]["rows"] == 22
    assert "loss" not in scores["logs"] and "mood_loss" not in scores["logs"]
    accuracy = 1 - scores["tasks"]["tone"]["wrong"] / 5
    assert scores["logs"]["tone_accuracy"] == pytest.approx(accuracy)


def test_forty_tags_are_a_readable_report(tmp_path):
    path = write_tagged(tmp_path)
    changes = ["data.flights.kinds=20", "data.flights.rows=60", *QUICK]
    run = train(load_config(path, changes))
    review = run.folder.read("evaluation.json")["splits"]["test"]["tasks"]["slots"]
    assert review["matrix"] is None and len(review["table"]["rows"]) == 20
    assert all(0 < one["rows"] <= one["of"] for one in review["confusions"])
    page = (run.path / "report.html").read_text("utf-8")
    assert "Most frequent confusions" in page and "Labels by slots" in page


def test_the_run_file_of_the_document_is_one(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "words.md").read_text("utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    (tmp_path / "run.yaml").write_text(text)
    write_tiny_bert(tmp_path / "models" / "minilm")
    row = {"words": ["fly", "to", "boston"], "slots": ["O", "O", "B-city"], "intent": "book"}
    rows = [row, {**row, "slots": ["O", "O", "O"], "intent": "ask"}, {**row, "slots": []}]
    file = tmp_path / "flights.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in rows[:2] * 10))
    built = build(load_config(tmp_path / "run.yaml"))
    assert [task.name for task in built.model.tasks] == ["intent", "slots"]
    assert built.datasets["flights"].train["tokens"][0] == row["words"]
    assert built.model.preprocessor.longest == LONGEST
    file.write_text("".join(json.dumps(one) + "\n" for one in rows * 10))
    with pytest.raises(ConfigError, match=r"`data.flights`: .*0 tags and 3 words in line 3"):
        build(load_config(tmp_path / "run.yaml"))


def test_entities_have_no_plain_tags(tmp_path):
    path = write_tagged(tmp_path)
    changes = ["data.flights.spans=true", "tasks.slots.scheme=plain"]
    with pytest.raises(ConfigError, match=r"`tasks.slots`: `scheme` of tags_of must be one of"):
        build(load_config(path, changes))


def test_a_dataset_of_your_own_must_be_one(tmp_path):
    path = write_tagged(tmp_path)
    with pytest.raises(ConfigError, match=r"`data.flights`: `source` must be a function that ret"):
        build(load_config(path, ["data.flights={source: 'keras_mtl.tasks:tags_of', types: [a]}"]))
    with pytest.raises(ConfigError, match=r"`data.flights.source` must be an import path"):
        load_config(path, ["data.flights={source: 'no_such_module:flights'}"])


def test_words_that_are_cut_off_get_no_answer(run):
    found = run.predictor()([" ".join(["fly"] * 600)])[0]["slots"]
    assert 0 < len(found["words"]) == len(found["tags"]) < 600
