"""Runs whose tasks compare texts, from files to the report."""

import json

import pytest

import keras_mtl as mtl
from keras_mtl.cli.commands import predict
from keras_mtl.config import load_config
from keras_mtl.runs import Run, train

RUN = """\
output: out
data:
  pairs:
    train: pairs.jsonl
    validation: pairs.jsonl
    text: {sentence1: a, sentence2: b}
    labels: [same]
    scores: alike
    nulls: unlabelled
  questions:
    train: questions.jsonl
    validation: questions.jsonl
    test: questions.jsonl
    text: {query: q, candidates: from}
    labels: []
    scores: good
  notes: {train: notes.jsonl, validation: notes.jsonl, labels: [topic]}
tasks:
  same: {kind: pair_classification, data: pairs}
  alike: {kind: similarity, data: pairs, range: [0, 5]}
  near: {kind: similarity, data: pairs, column: alike, range: [0, 5], compare: cosine}
  answer: {kind: ranking, data: questions, column: good, loss: pairwise}
  topic: {data: notes}
trunk: {kind: bag, embedding_dim: 6, bigram_buckets: 0}
mixture: {batch_size: 12, length_classes: 1}
training: {epochs: 2}
"""
FILES = {
    "pairs": [
        {"a": "it rains", "b": "rain falls", "same": "yes", "alike": 4},
        {"a": "it rains", "b": "a dog runs", "same": "no", "alike": None},
        {"a": "dogs run", "b": "a dog runs", "same": None, "alike": 3.5},
    ],
    "questions": [
        {"q": "what falls", "from": ["rain", "a dog", "a man"], "good": [2, 0, 0.5]},
        {"q": "what runs", "from": ["rain", "a dog"], "good": [0, 1]},
        # One of these is wrong, whatever is learned.
        {"q": "who is it", "from": ["rain", "a dog"], "good": [0, 1]},
        {"q": "who is it", "from": ["rain", "a dog"], "good": [1, 0]},
    ],
    "notes": [{"text": "rain", "topic": "sky"}, {"text": "a dog", "topic": "land"}],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    for name, rows in FILES.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows * 6))
    (folder / "run.yaml").write_text(RUN)
    return train(load_config(folder / "run.yaml"))


def test_each_split_has_the_figures_of_the_tasks_that_have_rows(run):
    splits = json.loads((run.path / "evaluation.json").read_text())["splits"]
    assert set(splits["validation"]["tasks"]) == {"same", "alike", "near", "answer", "topic"}
    assert {"alike_pearson", "answer_mrr", "same_accuracy"} <= set(splits["validation"]["logs"])
    # Of the test split there are questions alone.
    assert set(splits["test"]["tasks"]) == {"answer"}
    assert set(splits["test"]["logs"]) == {"answer_loss", "answer_mrr", "answer_ndcg"}
    for name, figure in splits["test"]["logs"].items():
        assert figure == pytest.approx(splits["validation"]["logs"][name], abs=1e-5)


def test_the_report_shows_what_was_compared(run):
    page = (run.path / "report.html").read_text()
    assert "it rains | " in page and "who is it | rain" in page


def test_predictions_are_those_of_the_bundle(run, tmp_path, capsys):
    bundle = mtl.export(run.model(), tmp_path / "bundle")
    pair = {"sentence1": "it rains", "sentence2": "rain falls"}
    query = {"query": "what falls", "candidates": ["rain", "a dog"]}
    pairs = {"same", "alike", "near"}
    own, shipped = run.predictor(), mtl.Predictor(bundle)
    for row in (pair, query):
        one, other = own([row])[0], shipped([row])[0]
        assert set(one) == set(other) == (pairs if row is pair else {"answer"})
    assert own([query])[0]["answer"]["ranking"][0]["text"] in query["candidates"]
    columns = {name: [value] for name, value in pair.items()}
    assert own(columns)[0]["alike"] == own([pair])[0]["alike"]
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(pair) + "\n")
    assert predict(str(run.path), (), str(rows), "text", "pair", "best") == 0
    line = json.loads(capsys.readouterr().out)
    assert line["sentence2"] == "rain falls" and "alike" in line["predictions"]
    with pytest.raises(ValueError, match="must come with --file"):
        predict(str(run.path), ("it rains",), None, "text", "pair", "best")
    lines = tmp_path / "rows.txt"
    lines.write_text("it rains\n")
    with pytest.raises(ValueError, match="must be a table where --reads is pair"):
        predict(str(run.path), (), str(lines), "text", "pair", "best")


def test_a_run_is_opened_again(run):
    found = Run(run.path).evaluate("test")["logs"]
    assert set(found) == {"answer_loss", "answer_mrr", "answer_ndcg"}
