"""Pretrained models and those of words read raw text in plain TensorFlow, and say which words."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import keras_mtl as mtl
from keras_mtl.data.text.words import words_of
from keras_mtl.export import export, load_manifest
from keras_mtl.tasks import answer
from tests.figures import at_most, exactly
from tests.training.small import row_model, row_split
from tests.trunks.tiny_bert import LAYERS, PIECES, write_tiny_bert

TEXTS = [
    *(
        "Flying to New  York, or to bostón?",
        "",
        "word1, word2  word5! don't",
        "[SEP] ＴＯ好b[MASK]",
    ),
    *("a\u200b b\x00c\ufffd d", "word7 word8 " * 30, "to boston on friday. " * 12),
]
PLACES = ["words", "starts", "ends"]
INTENT = mtl.classification("intent", ("ask", "book"))
SLOTS = mtl.tagging("slots", ("O", "B-city", "I-city"), crf=True)
# With TensorFlow alone: importing anything that knows texts is an error there.
SERVE = """
import json, sys
sys.modules.update(dict.fromkeys(["keras", "keras_mtl", "tensorflow_text", "tokenizers"]))
import tensorflow as tf

texts, found = json.load(open("texts.json")), {}
for name in sys.argv[1:]:
    loaded = tf.saved_model.load(f"{name}/saved_model")
    found[name] = {}
    for signature in set(loaded.signatures) - {"token_ids"}:
        outputs = loaded.signatures[signature](texts=tf.constant(texts))
        found[name][signature] = {
            key: [[word.decode() for word in row] for row in one.numpy()]
            if one.dtype == tf.string else one.numpy().tolist()
            for key, one in outputs.items()
        }
print(json.dumps(found))
"""


def bert(folder, tasks, tokenizer=None):
    write_tiny_bert(folder)
    if tokenizer:
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return mtl.MultiTaskModel(mtl.trunks.pretrained(folder), tasks)


def with_special_tokens():
    """A `tokenizer.json` as those of Hugging Face are, in which special tokens can be written."""
    content = json.loads(mtl.SubwordTokenizer.wordpiece(PIECES).get_config()["tokenizer"])
    options = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    content["added_tokens"] = [
        {"id": number, "content": piece, "special": True, **options}
        for number, piece in enumerate(PIECES[:5])
    ]
    return content


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    second = mtl.classification("topic", ("x", "y", "z"), pooling="max")
    return {
        "bert": bert(folder / "bert", [INTENT, second], with_special_tokens()),
        "bert_of_words": bert(folder / "words", [INTENT, SLOTS]),
        "words": row_model(row_split(rows=4)),
    }


@pytest.fixture(scope="module")
def bundles(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    return {name: export(model, folder / name) for name, model in models.items()}


@pytest.fixture(scope="module")
def loaded(bundles):
    return {name: tf.saved_model.load(str(one / "saved_model")) for name, one in bundles.items()}


@pytest.fixture(scope="module")
def served(bundles):
    folder = bundles["bert"].parent
    (folder / "texts.json").write_text(json.dumps(TEXTS), encoding="utf-8")
    command = [sys.executable, "-c", SERVE, *bundles]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def counts(model):
    """How many words of each text the model reads."""
    rows = [[word.text for word in words_of(text)] for text in TEXTS]
    return model.preprocessor.encode_words(rows)["word_starts"].lengths


@pytest.mark.parametrize("name", ["bert", "bert_of_words", "words"])
class TestInPlainTensorFlow:
    def test_predictions_are_those_of_the_model(self, name, models, served):
        model = models[name]
        expected = model.predict(TEXTS, verbose=0)
        for task in model.tasks:
            for signature in ("serving_default", task.name):
                found = served[name][signature][task.name]
                apart = 0.0
                for row, count in enumerate(counts(model)):
                    # Behind a text's own words there is nothing to read.
                    real = slice(count) if task.of_words else slice(None)
                    one, other = np.array(found[row])[real], expected[task.name][row][real]
                    assert one.shape == other.shape
                    apart = max(apart, float(np.abs(one - other).max(initial=0.0)))
                what = f"SavedModel alone, {name}, {signature}, {task.name}"
                # A random field adds up logarithms along a text, and rounds each time.
                at_most(f"{what}: apart from the model", apart, 1e-5 if task.of_words else 1e-6)

    def test_words_are_there_where_something_of_words_is_predicted(self, name, models, served):
        model = models[name]
        of_words = {task.name: task.of_words for task in model.tasks}
        of_words["serving_default"] = any(of_words.values())
        for signature, expected in of_words.items():
            found = served[name][signature]
            assert (set(PLACES) & set(found)) == (set(PLACES) if expected else set())
            for row, count in enumerate(counts(model) if expected else ()):
                words = words_of(TEXTS[row])[:count]
                assert found["words"][row][:count] == [word.text for word in words]
                assert found["starts"][row][:count] == [word.start for word in words]
                assert found["ends"][row][:count] == [word.end for word in words]
                assert not any(found["words"][row][count:] + found["ends"][row][count:])

    def test_answers_are_those_of_the_predictor(self, name, models, bundles, served):
        found = {task: np.array(rows) for task, rows in served[name]["serving_default"].items()}
        answers = mtl.Predictor(bundles[name])(TEXTS)
        for row, count in enumerate(counts(models[name])):
            words = words_of(TEXTS[row])[:count]
            expected = answer(models[name].tasks, found, row, words)
            assert rounded(answers[row]) == rounded(expected)


def rounded(found):
    """An answer with its scores cut to five places."""
    return json.loads(json.dumps(found), parse_float=lambda text: round(float(text), 5))


def test_signatures_are_in_the_manifest(models, bundles):
    for name, bundle in bundles.items():
        signatures = load_manifest(bundle)["signatures"]
        on_ids = signatures.pop("token_ids")
        assert on_ids == (["token_ids"] if name == "bert" else ["token_ids", "word_starts"])
        assert signatures == {
            one: ["texts"]
            for one in ("serving_default", *(task.name for task in models[name].tasks))
        }


def test_the_special_tokens_of_a_file_are_read_in_a_text(models, loaded):
    signature = loaded["bert"].signatures["intent"]
    found = signature(texts=tf.constant(["to[SEP]", "to SEP"]))["intent"].numpy()
    expected = models["bert"].predict({"token_ids": np.array([[2, 8, 3, 3]])}, verbose=0)["intent"]
    np.testing.assert_allclose(found[0], expected[0], atol=1e-6)
    assert np.abs(found[0] - found[1]).max() > 1e-4


def test_shapes_of_a_signature_on_words(loaded):
    signature = loaded["words"].signatures["slots"]
    texts = tf.TensorSpec([None], tf.string, name="texts")
    assert signature.structured_input_signature == ((), {"texts": texts})
    shapes = {name: (*one.shape, one.dtype) for name, one in signature.structured_outputs.items()}
    assert shapes == {
        "slots": (None, None, 3, tf.float32),
        "words": (None, None, tf.string),
        "starts": (None, None, tf.int32),
        "ends": (None, None, tf.int32),
    }


def test_no_text_and_no_word(loaded):
    for name in ("bert_of_words", "words"):
        for texts in ([], [""]):
            signature = loaded[name].signatures["serving_default"]
            found = signature(texts=tf.constant(texts, tf.string))
            assert found["slots"].shape == (len(texts), 1, 3)
            assert found["words"].numpy().tolist() == [[b""]] * len(texts)


def test_byte_pairs_are_read_in_python_only(tmp_path):
    trunk = mtl.trunks.bag(20, 4, bigram_buckets=0)
    pieces = {"<s>": 0, "<pad>": 1, "</s>": 2, "a": 3, "b": 4}
    trunk.preprocessor = mtl.SubwordTokenizer.byte_pairs(pieces, [])
    model = mtl.MultiTaskModel(trunk, INTENT)
    bundle = export(model, tmp_path / "bundle")
    assert load_manifest(bundle)["signatures"] == {"token_ids": ["token_ids"]}
    found = mtl.Predictor(bundle).predict(["ab", "b"])["intent"]
    np.testing.assert_allclose(found, model.predict(["ab", "b"], verbose=0)["intent"], atol=1e-6)


def test_cleaning_that_no_graph_has_is_named_for_words_too(tmp_path):
    tokenizer = mtl.WordTokenizer(["a", "b"], cleaning=["unicode"])
    model = mtl.MultiTaskModel(mtl.trunks.bag(tokenizer, 4, bigram_buckets=0), [SLOTS, INTENT])
    bundle = export(model, tmp_path / "bundle")
    assert load_manifest(bundle)["outside_graph"] == ["unicode"]
    loaded = tf.saved_model.load(str(bundle / "saved_model"))
    assert set(loaded.signatures["slots"].structured_outputs) == {"slots", *PLACES}
    for name in ("serving_default", "slots", "intent"):
        with pytest.raises(tf.errors.InvalidArgumentError, match="by itself: unicode of its tok"):
            loaded.signatures[name](texts=tf.constant(["a b"]))
    assert mtl.Predictor(bundle)(["ａ b"])[0]["slots"]["words"] == ["ａ", "b"]


def test_two_tasks_of_a_text_cost_one_pass_of_the_trunk(models):
    """A pass normalises after the embedding and twice in each layer, each time by one `Rsqrt`."""
    model = models["bert_of_words"]
    specs = [{name: tf.TensorSpec((None, None), tf.int32, name=name) for name in model.input}]
    graph = tf.function(model, input_signature=specs, autograph=False).get_concrete_function().graph
    definition = graph.as_graph_def()
    nodes = [*definition.node, *(one for f in definition.library.function for one in f.node_def)]
    passes = sum(node.op == "Rsqrt" for node in nodes) / (1 + 2 * LAYERS)
    exactly("passes of the trunk for intent and slots of a text", passes, 1.0)
