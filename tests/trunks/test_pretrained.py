import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from safetensors.numpy import save_file

import keras_mtl as mtl
from tests.contracts import arrays, check_trunk
from tests.trunks.tiny_bert import HEADS, HIDDEN, LAYERS, LONGEST, PIECES, tensors, write_tiny_bert


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_bert(tmp_path_factory.mktemp("models") / "tiny")


@pytest.mark.any_backend
def test_trunk_contract(folder):
    check_trunk(lambda: mtl.trunks.pretrained(folder, dropout=0.0))


@pytest.mark.any_backend
def test_features_are_those_of_bert_written_out(folder):
    trunk = mtl.trunks.pretrained(folder)
    ids = np.array([[2, 5, 6, 9, 10, 3, 0, 0], [2, 7, 3, 0, 0, 0, 0, 0]], np.int32)
    found = arrays(trunk({"token_ids": ids}))
    layers = bert(ids, tensors())
    real = ids > 0
    for number, expected in enumerate(layers[1:], 1):
        np.testing.assert_allclose(found[f"sequence_{number}"][real], expected[real], atol=1e-5)
    np.testing.assert_array_equal(found["sequence"], found[f"sequence_{LAYERS}"])


@pytest.mark.any_backend
def test_features_of_a_pair_are_those_of_its_two_segments(folder):
    trunk = mtl.trunks.pretrained(folder)
    found = trunk.preprocessor.encode_pairs(["fly to boston"], ["a b"])["token_ids"].row(0)[None]
    segments = (found >= len(PIECES)).astype(int)
    assert segments.sum() == 3  # Two pieces and what ends them.
    expected = bert(found - segments * len(PIECES), tensors(), segments)[-1]
    features = arrays(trunk({"token_ids": found}))["sequence"]
    np.testing.assert_allclose(features, expected, atol=1e-5)


def bert(ids, weights, segments=0):
    """Features after the embedding and after each layer, by numpy."""

    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def dense(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def gelu(x):
        return 0.5 * x * (1 + np.vectorize(math.erf)(x / np.sqrt(2)))

    def heads(x):
        return x.reshape(*x.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)

    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
    kinds = weights["embeddings.token_type_embeddings.weight"][segments]
    x = norm(x + kinds, "embeddings.LayerNorm")
    layers = [x]
    for layer in range(LAYERS):
        start = f"encoder.layer.{layer}"
        query, key, value = (
            heads(dense(x, f"{start}.attention.self.{one}")) for one in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(HIDDEN / HEADS)
        scores = np.where((ids > 0)[:, None, None], scores, -1e9)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        read = shares / shares.sum(-1, keepdims=True) @ value
        read = read.transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(
            x + dense(read, f"{start}.attention.output.dense"),
            f"{start}.attention.output.LayerNorm",
        )
        inner = gelu(dense(x, f"{start}.intermediate.dense"))
        x = norm(x + dense(inner, f"{start}.output.dense"), f"{start}.output.LayerNorm")
        layers.append(x)
    return layers


def test_a_model_reads_texts_and_words_through_its_own_tokenizer(folder):
    tasks = [
        mtl.classification("intent", ("ask", "book")),
        mtl.tagging("slots", ("O", "B-city", "I-city"), crf=True),
    ]
    model = mtl.MultiTaskModel(mtl.trunks.pretrained(folder), tasks)
    assert isinstance(model.preprocessor, mtl.SubwordTokenizer)
    by_text = model.predict(["Flying to New York on Friday!"], verbose=0)
    by_words = model.predict([["Flying", "to", "New", "York", "on", "Friday", "!"]], verbose=0)
    for name in ("intent", "slots"):
        np.testing.assert_allclose(by_text[name], by_words[name], atol=1e-6)
    rows = {"tokens": [["fly", "to", "boston"]] * 8, "slots": [["O", "O", "B-city"]] * 8}
    rows["intent"] = ["book"] * 8
    mixture = mtl.Mixture({"rows": mtl.Split(rows)}, {"rows": ["intent", "slots"]}, batch_size=8)
    model.compile(keras.optimizers.Adam(0.02))
    history = model.fit(mixture, epochs=15, verbose=0).history
    assert history["loss"][-1] < 0.2 * history["loss"][0]
    assert history["slots_f1"][-1] == 1.0


def test_a_model_is_loaded_in_a_process_that_knows_keras_mtl_only(folder, tmp_path):
    model = mtl.MultiTaskModel(
        mtl.trunks.pretrained(folder), mtl.classification("intent", ("ask", "book"))
    )
    model.save(tmp_path / "model.keras")
    expected = model.predict(["fly to boston"], verbose=0)["intent"]
    program = (
        "import keras_mtl, keras, sys\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "print('FOUND', *model.predict(['fly to boston'], verbose=0)['intent'][0].tolist())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "model.keras")]
    out = subprocess.run(command, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr[-2000:]
    found = out.stdout.split("FOUND")[1].split()
    np.testing.assert_allclose(np.array(found, float), expected[0], atol=1e-6)


def test_options(folder):
    trunk = mtl.trunks.pretrained(folder, sequence_length=6, dropout=0.0)
    assert trunk.preprocessor(["a b c d e f"])["token_ids"].tolist() == [[2, 21, 22, 23, 24, 3]]
    ids = {"token_ids": np.array([[2, 5, 3]])}
    one, other = (ops.convert_to_numpy(trunk(ids, training=t)["sequence"]) for t in (True, False))
    np.testing.assert_array_equal(one, other)
    assert mtl.trunks.pretrained(folder).preprocessor.sequence_length == LONGEST
    random = mtl.trunks.pretrained(folder, load_weights=False)
    assert np.abs(ops.convert_to_numpy(random(ids)["sequence"]) - one).max() > 0.1


def test_random_weights_need_no_file_of_weights(folder, tmp_path):
    for name in ("config.json", "tokenizer.json", "vocab.txt"):
        if (Path(folder) / name).exists():
            shutil.copy(Path(folder) / name, tmp_path)
    trunk = mtl.trunks.pretrained(tmp_path, load_weights=False)
    assert trunk.count_params() == mtl.trunks.pretrained(folder).count_params()
    with pytest.raises(FileNotFoundError, match=r"must have its weights as 'model.safetensors'"):
        mtl.trunks.pretrained(tmp_path)


def texts_of_length(*lengths):
    """Texts of so many pieces, `[CLS]` and `[SEP]` among them."""
    return [" ".join(["fly"] * (length - 2)) for length in lengths]


def test_texts_that_are_cut_unasked_are_counted(folder):
    task = mtl.classification("intent", ("ask", "book"))
    texts = texts_of_length(LONGEST, LONGEST + 1, LONGEST + 9, 5)
    split = mtl.Split({"text": texts, "intent": ["ask"] * 4}, "long/train")
    words = mtl.Split({"tokens": [text.split() for text in texts], "intent": ["ask"] * 4}, "w")
    model = mtl.MultiTaskModel(mtl.trunks.pretrained(folder), task)
    message = (
        r"Parts of 2 of 4 texts of {} are cut off.*up to 49 tokens.*takes 40.*sequence_length=40"
    )
    for one in (split, words):
        with pytest.warns(UserWarning, match=message.format(repr(one.name))):
            mtl.Mixture({"intent": one}).encode(model.preprocessor, model.tasks)
    model.compile("sgd")
    with pytest.warns(UserWarning, match=message.format("x")):
        model.evaluate(texts, {"intent": ["ask"] * 4}, verbose=0)


def test_texts_are_cut_in_silence_where_that_was_asked_for(folder, tmp_path):
    task = mtl.classification("intent", ("ask", "book"))
    trunk = mtl.trunks.pretrained(folder, sequence_length=6)
    mtl.MultiTaskModel(trunk, task).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    split = mtl.Split({"text": texts_of_length(9), "intent": ["ask"]}, "long/train")
    for tokenizer in (trunk.preprocessor, loaded.preprocessor):
        assert (tokenizer.asked, tokenizer.longest) == (6, LONGEST)
        streams = mtl.Mixture({"intent": split}).encode(tokenizer, [task])
        assert streams[0].lengths.tolist() == [6]
    fits = mtl.Split({"text": texts_of_length(LONGEST), "intent": ["ask"]}, "long/train")
    mtl.Mixture({"intent": fits}).encode(mtl.trunks.pretrained(folder).preprocessor, [task])


def test_the_end_of_a_long_text_is_read_where_that_was_asked_for(folder, tmp_path):
    task = mtl.classification("intent", ("ask", "book"))
    trunk = mtl.trunks.pretrained(folder, sequence_length=6, truncation="head_tail")
    mtl.MultiTaskModel(trunk, task).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for tokenizer in (trunk.preprocessor, loaded.preprocessor):
        row = tokenizer.encode(["fly fly fly fly fly to"])["token_ids"].row(0)
        assert [PIECES[number] for number in row] == ["[CLS]", "fly", "fly", "fly", "to", "[SEP]"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sequence_length": 41}, "from 3 to 40, as many tokens as the encoder"),
        ({"sequence_length": 2}, "Received: sequence_length=2"),
        ({"truncation": "tail"}, r"`truncation` of 'pretrained' trunks must be one of"),
        ({"dropout": 1.0}, r"`dropout` of 'pretrained' trunks must be a share in \[0, 1\)"),
    ],
)
def test_options_out_of_range(folder, options, message):
    with pytest.raises(ValueError, match=message):
        mtl.trunks.pretrained(folder, **options)


def test_folders_that_are_no_model(tmp_path):
    with pytest.raises(FileNotFoundError, match="must have a 'config.json'"):
        mtl.trunks.pretrained(tmp_path)
    folder = write_tiny_bert(tmp_path / "no_vocabulary")
    (folder / "vocab.txt").unlink()
    with pytest.raises(FileNotFoundError, match="must have a vocabulary: tokenizer.json or vocab"):
        mtl.trunks.pretrained(folder)
    folder = write_tiny_bert(tmp_path / "no_weights")
    (folder / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="must have its weights as 'model.safetensors'"):
        mtl.trunks.pretrained(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(ValueError, match="must be JSON"):
        mtl.trunks.pretrained(folder)


def test_a_vocabulary_that_does_not_fit(tmp_path):
    folder = write_tiny_bert(tmp_path / "long")
    with (folder / "vocab.txt").open("a") as file:
        file.write("more\nand more\n")
    expected = f"tokenizer of {len(PIECES) + 2} pieces and an embedding of {len(PIECES)} rows"
    with pytest.raises(ValueError, match=expected):
        mtl.trunks.pretrained(folder)


def test_weights_that_lack_a_tensor(tmp_path):
    folder = write_tiny_bert(tmp_path / "less")
    found = tensors()
    del found["encoder.layer.1.output.dense.bias"]
    save_file(found, folder / "model.safetensors")
    with pytest.raises(
        ValueError, match=r"must have all tensors.*encoder.layer.1.output.dense.bias"
    ):
        mtl.trunks.pretrained(folder)


def test_a_model_that_is_no_encoder(tmp_path):
    folder = write_tiny_bert(tmp_path / "other")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "vit"}))
    with pytest.raises(ValueError, match="must be an encoder"):
        mtl.trunks.pretrained(folder)


def test_without_the_package_that_reads_weights(folder, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'keras_mtl\[pretrained\]'"):
        mtl.trunks.pretrained(folder)


def test_a_preset_that_is_not_there():
    message = r"`source` of a pretrained trunk must be a folder .*source='no_such_preset'"
    with pytest.raises(FileNotFoundError, match=message):
        mtl.trunks.pretrained("no_such_preset")
