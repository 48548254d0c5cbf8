"""A run that begins with what another learned, in all that it leaves."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import keras_mtl as mtl
import keras_mtl_cli
from keras_mtl.config import ConfigError, load_config
from keras_mtl.runs import Run, train
from tests.config.small import write_run
from tests.reports.test_page import section, words


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    run_file = write_run(tmp_path_factory.mktemp("source"))
    return train(load_config(run_file, ["training.epochs=2"]))


@pytest.fixture(scope="module")
def transferred(source, tmp_path_factory):
    run_file = write_run(tmp_path_factory.mktemp("target"))
    arguments = ["transfer", source.path, run_file, "training.epochs=3", "seed=1"]
    result = CliRunner().invoke(keras_mtl_cli.main, [str(one) for one in arguments])
    assert result.exit_code == 0, result.output
    return Run(run_file.parent / "out")


def test_the_record_says_what_was_carried_over(transferred, source):
    told = transferred.info["transfer"]
    assert told["source"] == str(source.path)
    became = {one["path"]: one["status"] for one in told["variables"]}
    assert became["trunk/embedding/embeddings"] == "remapped"
    assert became["trunk/bigram_embedding/embeddings"] == "skipped"  # Of other words.
    assert became["heads/tone/scores/kernel"] == "loaded"
    assert 0.3 < told["coverage"] < 1.0
    assert told["words"]["shared"] > 10
    assert told["figures"]["tone_accuracy"] == pytest.approx(
        json.loads((source.path / "evaluation.json").read_text())["splits"]["validation"]["logs"][
            "tone_accuracy"
        ]
    )
    assert transferred.config.transfer["thaw"] == "gradually"


def test_the_same_from_scratch_is_a_run_within(transferred):
    scratch = Run(transferred.path / "scratch")
    assert scratch.info["status"] == "finished" and "transfer" not in scratch.info
    assert len(scratch.metrics) == len(transferred.metrics) == 3
    assert scratch.config.transfer is None


def test_the_report_sets_them_side_by_side(transferred):
    found = section((transferred.path / "report.html").read_text("utf-8"), "transfer")
    table = found.find(".//table")
    heads = [words(one) for one in table.findall("thead/tr/th")]
    assert heads[:6] == ["task", "metric", "source", "from scratch", "transferred", "gain"]
    rows = {words(row.find("th")): row for row in table.findall("tbody/tr")}
    assert list(rows) == ["tone", "stars", "topic"]
    cells = [float(one.text) for one in rows["tone"].findall("td")[1:5]]
    assert cells[3] == pytest.approx(cells[2] - cells[1], abs=2e-3)
    scratch = Run(transferred.path / "scratch").folder.read("evaluation.json")["splits"]
    metric = words(rows["tone"].find("td")).replace(" ", "_").lower()
    split = "test" if "test" in scratch and scratch["test"]["logs"] else "validation"
    assert cells[1] == pytest.approx(scratch[split]["logs"][f"tone_{metric}"], abs=1e-3)


def test_its_configuration_runs_again(transferred, tmp_path):
    config = load_config(
        transferred.path / "config.yaml", ["transfer.scratch=false", f"output={tmp_path / 'again'}"]
    )
    again = train(config)
    assert not (again.path / "scratch").exists()
    mine, theirs = again.metrics[-1]["val_loss"], transferred.metrics[-1]["val_loss"]
    assert mine == pytest.approx(theirs, rel=1e-3)


def test_a_trunk_that_is_never_thawed_stays_the_source_s(source, tmp_path):
    run_file = write_run(tmp_path)
    changes = [f"transfer={{source: {source.path}, thaw: never, scratch: false}}"]
    run = train(load_config(run_file, ["training.epochs=1", *changes]))
    mine, theirs = run.model().trunk, source.model().trunk
    for one, other in zip(mine.weights, theirs.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_source_s_tokenizer(tmp_path):
    words_of = mtl.WordTokenizer(["pos", "good", "neg", "bad"])
    other = mtl.MultiTaskModel(
        mtl.trunks.lstm(words_of, embedding_dim=4, units=3), mtl.classification("x", ["a", "b"])
    )
    other.save(tmp_path / "other.keras")
    run_file = write_run(tmp_path)
    transfer = "transfer={source: other.keras, take_tokenizer: true, scratch: false}"
    trunk = "trunk={kind: lstm, embedding_dim: 4, units: 3}"
    run = train(load_config(run_file, ["training.epochs=1", transfer, trunk]))
    assert run.model().preprocessor.vocabulary == words_of.vocabulary


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "out", "thaw": "slowly"}, r"transfer\.thaw.*'gradually'.*Received: 'slowly'"),
        ({"source": "out", "new_words": "zero"}, r"must be 'mean' or 'random'"),
        ({"source": "out", "epochs_per_group": 0}, r"must be 1 or more. Received: 0"),
        ({"thaw": "never"}, r"`transfer` must have the key 'source'"),
        ({"source": "out", "thawe": "never"}, r"thawe.*Did you mean 'thaw'|`thaw`"),
    ],
)
def test_mistakes_in_the_section(changes, message, tmp_path):
    run_file = write_run(tmp_path)
    with pytest.raises(ConfigError, match=message):
        load_config(run_file, [f"transfer={json.dumps(changes)}"])


def test_a_source_that_is_none(tmp_path):
    run_file = write_run(tmp_path)
    (tmp_path / "cut.keras").write_bytes(b"PK\x03\x04")
    with pytest.raises(ConfigError, match=r"cut short"):
        train(load_config(run_file, ["transfer={source: cut.keras}"]))
    assert not (tmp_path / "out").exists()
