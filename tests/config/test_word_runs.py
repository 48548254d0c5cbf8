"""Run files of words: their datasets, tags, word vectors and pretrained trunks."""

import keras
import pytest
import yaml

import keras_mtl as mtl
from keras_mtl.config import ConfigError, load_config
from tests.config.small import RUN

NO_TOKENIZER = RUN.replace("tokenizer: {vocabulary_size: 50, sequence_length: 8}\n", "")
BERT = ["trunk={kind: pretrained, source: models/bert}"]


def test_word_vectors_are_looked_for_beside_the_run_file(run_file, monkeypatch):
    monkeypatch.chdir("/")
    config = load_config(run_file, ["trunk.vectors=words/small.txt"])
    path = run_file.parent / "words" / "small.txt"
    assert config.trunk.values["vectors"] == str(path)
    assert load_config(run_file).trunk.values["vectors"] is None
    path.parent.mkdir()
    path.write_text("film 1 2 3 4\na 0 0 0 1\n")
    found = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        trunk = config.trunk.make(tokenizer=mtl.WordTokenizer(["film", "a"]))
        found.append(trunk.get_layer("embedding").get_weights()[0].tolist())
    assert found[0][2:] == [[1, 2, 3, 4], [0, 0, 0, 1]]
    assert found[0] == found[1] != found[2]  # Unknown words are random.


def test_datasets_of_words(tmp_path):
    (tmp_path / "a.conll").write_text("Ann B-PER\nsings O\n\n" * 4)
    (tmp_path / "a.conllu.gz").touch()
    (tmp_path / "run.yaml").write_text(
        """
        data:
          names: {train: a.conll, columns: {ner: -1}, validation_fraction: 0.25}
          trees: {train: a.conllu.gz, labels: [upos, xpos], columns: [head]}
          flights: {source: atis, path: flights}
        tasks:
          ner: {data: [names, trees, flights]}
        """
    )
    config = load_config(tmp_path / "run.yaml")
    names = config.data["names"].choice.make(name="names", seed=0)
    assert names.labels == {"ner": ("B-PER", "O")} and len(names.validation) == 1
    assert config.data["trees"].choice.values["nulls"] == "unlabelled"
    assert config.data["flights"].choice.values["path"] == str(tmp_path / "flights")
    with pytest.raises(ConfigError, match="must have the key .columns."):
        load_config(tmp_path / "run.yaml", ["data.names={train: a.conll}"])


def test_a_pretrained_trunk_is_a_folder_beside_the_run_file_or_a_preset(run_file):
    run_file.write_text(NO_TOKENIZER)
    (run_file.parent / "models" / "bert").mkdir(parents=True)
    config = load_config(run_file, BERT)
    assert config.trunk.values["source"] == str(run_file.parent / "models" / "bert")
    assert config.tokenizer is None and config.own_modules() == []
    assert load_config(yaml.safe_load(config.to_yaml())).fingerprint == config.fingerprint
    for preset in ("bert_tiny_en_uncased", "hf://user/model"):
        config = load_config(run_file, [f"trunk={{kind: pretrained, source: '{preset}'}}"])
        assert config.trunk.values["source"] == preset


@pytest.mark.parametrize(
    ("text", "change", "message"),
    [
        (
            NO_TOKENIZER,
            BERT[0],
            "must be the folder of a model.*no folder '.*models/bert'",
        ),
        (RUN, BERT[0], "line 15: `tokenizer` must be left out where `trunk` is 'pretrained'"),
        (NO_TOKENIZER, "trunk={kind: pretrained}", "must have the key 'source': text. A folder"),
    ],
)
def test_a_pretrained_trunk_that_is_not_there_or_has_another_tokenizer(
    text, change, message, run_file
):
    run_file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(run_file, [change])


def test_a_tokenizer_is_taken_back_on_the_command_line(run_file):
    (run_file.parent / "models" / "bert").mkdir(parents=True)
    assert load_config(run_file, [*BERT, "tokenizer=null"]).tokenizer is None


def test_options_of_a_task_of_words(run_file):
    tags = "tasks.tags={kind: tagging, data: wires, column: label, crf: true, weight: 2}"
    task = load_config(run_file, [tags]).tasks["tags"]
    assert task.choice.values["crf"] is True and task.choice.values["scheme"] == "bio"
    assert task.weight == 2.0
    with pytest.raises(ConfigError, match="`tasks.tags.class_weight` is no key of this section"):
        load_config(run_file, [tags.replace("crf: true", "class_weight: balanced")])
