"""What a run says of itself."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from tests.training.small import demo_mixture, demo_model, demo_splits, id_model, id_rows

pytestmark = pytest.mark.any_backend


def batches_of(x, y, weights=None):
    class One(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, step):
            return (x, y) if weights is None else (x, y, weights)

    return One(workers=1, use_multiprocessing=False)


@pytest.mark.parametrize("label", [8, -1])
def test_label_outside_the_label_space_names_the_task(label):
    (x, y), model = id_rows(), id_model()
    model.compile("adam")
    y["topic"][3] = label
    with pytest.raises(
        ValueError, match=r"task 'topic' must be in its label space. .* in row 3 of y"
    ):
        model.fit(x, y, verbose=0)
    with pytest.raises(mtl.SelfCheckError, match="1 label.s. of task 'topic' are outside"):
        model.fit(batches_of(x, y), verbose=0)
    with pytest.raises(mtl.SelfCheckError, match="'topic' .* in evaluation"):
        model.evaluate(batches_of(x, y), verbose=0)


def test_loss_that_is_not_finite_names_the_task():
    (x, y), model = id_rows(), id_model()
    model.compile("adam")
    model.heads["sentiment"].scores.bias.assign([np.nan, 0.0])
    with pytest.raises(mtl.SelfCheckError, match="loss of task 'sentiment' is no longer finite"):
        model.fit(x, y, batch_size=4, verbose=0)


def test_task_without_labels_in_an_epoch_is_named():
    (x, y), model = id_rows(), id_model()
    model.compile("adam")
    with pytest.warns(UserWarning, match="Task 'topic' got no labels in epoch 1") as told:
        model.fit(x, {"sentiment": y["sentiment"]}, epochs=2, verbose=0)
    # Once, and not of the head's variables as well.
    assert len([one for one in told if "in epoch" in str(one.message)]) == 1


def test_task_without_labels_in_an_evaluation_is_named():
    (x, y), model = id_rows(), id_model()
    model.compile("adam")
    gone = {**y, "topic": [None] * len(y["topic"])}
    said = "Task 'topic' has no labels in the rows of this evaluation: its loss and metrics are 0"
    with pytest.warns(UserWarning, match=said):
        found = model.evaluate(x, gone, return_dict=True, verbose=0)
    assert found["topic_loss"] == 0 and found["loss"] == pytest.approx(found["sentiment_loss"])
    with pytest.warns(UserWarning, match=said) as told:
        model.fit(x, y, validation_data=(x, gone), epochs=2, verbose=0)
    assert len([one for one in told if "no labels" in str(one.message)]) == 1

    # A task may be left out on purpose, and a frozen head needs no rows.
    only = {"sentiment": y["sentiment"]}
    model.evaluate(x, only, verbose=0)
    model.fit(x, y, validation_data=(x, only), verbose=0)
    with pytest.warns(UserWarning, match="'topic' got no labels in epoch 1") as told:
        model.fit(x, only, validation_split=0.5, verbose=0)
    assert not any("evaluation" in str(one.message) for one in told)
    model.heads["topic"].trainable = False
    model.compile("adam")
    model.evaluate(x, gone, verbose=0)


def test_task_that_a_mixture_leaves_out_is_not_named():
    model, (reviews, newswire) = demo_model(), demo_splits(rows=24)
    model.compile("adam", loss_weights={"topic": 0.0})
    model.evaluate(mtl.Mixture({"sentiment": reviews}, batch_size=8), verbose=0)
    blank = mtl.Split({"text": newswire.texts, "label": [None] * len(newswire)}, "blank")
    fed = mtl.Mixture({"sentiment": reviews, "topic": blank}, batch_size=8)
    with pytest.warns(UserWarning, match="Task 'topic' has no labels in the rows of this eval"):
        model.evaluate(fed, verbose=0)


@pytest.mark.parametrize("validated", [False, True])
def test_variable_without_gradient_is_named_with_its_task(validated):
    @keras.saving.register_keras_serializable("tests")
    class Idle(keras.layers.Layer):
        def build(self, shape):
            self.unused = self.add_weight(shape=(3,), name="unused")

        def call(self, x):
            return x

    @keras.saving.register_keras_serializable("tests")
    class IdleHead(mtl.heads.PooledHead):
        def build(self, shape):
            super().build(shape)
            self.unused = self.add_weight(shape=(3,), name="unused")

    class IdleTask(type(mtl.classification("a", ["x", "y"]))):
        def head(self):
            return IdleHead(self.num_classes, name=f"{self.name}_head")

    (x, y) = id_rows()
    tasks = (mtl.classification("topic", list("abcdefgh")),
             IdleTask("sentiment", labels=("neg", "pos")))  # fmt: skip
    model = id_model(tasks=tasks)
    model.compile("adam")
    data = (x, y) if validated else None
    with pytest.warns(
        UserWarning, match="sentiment_head/unused' of task 'sentiment' got no"
    ) as told:
        model.fit(x, y, epochs=2, validation_data=data, verbose=0)
    assert len([one for one in told if "in epoch" in str(one.message)]) == 1


def test_a_healthy_run_says_nothing_and_checks_can_be_turned_off():
    model = demo_model()
    model.compile("adam")
    model.fit(demo_mixture(), epochs=2, verbose=0)  # Warnings are errors here.
    (x, y), silent = id_rows(), id_model()
    silent.compile("adam", self_checks=False)
    silent.fit(x, {"sentiment": y["sentiment"]}, verbose=0)


def test_a_callback_that_evaluates_does_not_look_like_a_run_without_gradients():
    class Evaluating(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.evaluate(*id_rows(), verbose=0)

    model = id_model()
    model.compile("adam")
    model.fit(*id_rows(), callbacks=[Evaluating()], verbose=0)  # Warnings are errors here.


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"loss_weights": {"topics": 1.0}}, "`loss_weights` must name tasks of the model"),
        ({"loss_weights": {"topic": -1.0}}, "of task 'topic' must be a number of 0 or more"),
        ({"loss_weights": {"topic": 0, "sentiment": 0}}, "At least one of `loss_weights`"),
        ({"loss_weights": 0.5}, "must be a dictionary from task name to value"),
        ({"metrics": {"topic": "acuracy"}}, "acuracy"),
        ({"metrics": ["accuracy"]}, "must be a dictionary from task name to value"),
        ({"balancer": "equl"}, "Did you mean 'equal'"),
        ({"balancer": 3}, "must be a name, a LossBalancer"),
    ],
)
def test_bad_arguments_of_compile(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        id_model().compile("adam", **arguments)


def test_bad_arguments_of_fit():
    (x, y), model = id_rows(), id_model()
    with pytest.raises(ValueError, match="Call `compile` before `fit`"):
        model.fit(x, y)
    model.compile("adam")
    with pytest.raises(ValueError, match="Class weights belong to a task"):
        model.fit(x, y, class_weight={0: 1.0})
    with pytest.raises(ValueError, match="must have a preprocessor"):
        model.fit(["some text"], {"topic": [1]})
    with pytest.raises(ValueError, match="must have a preprocessor"):
        model.fit(demo_mixture())
    with pytest.raises(ValueError, match="Two log entries would have the same name"):
        twin = mtl.classification("topic_top_5", list("ab"))
        id_model(tasks=(mtl.classification("topic", list("abcdefghijkl")), twin)).compile("adam")


def test_freezing_wants_another_compile_and_then_freezes():
    (x, y), model = id_rows(), id_model()
    model.compile("adam")
    model.trunk.trainable = False
    with pytest.raises(ValueError, match="Call `compile` again after freezing"):
        model.fit(x, y, verbose=0)
    model.compile("adam")
    frozen = [np.array(v) for v in model.trunk.variables]
    model.fit(x, y, verbose=0)
    for before, after in zip(frozen, model.trunk.variables, strict=True):
        np.testing.assert_array_equal(before, np.array(after))


def test_a_reduced_loss_is_refused():
    (x, y), model = id_rows(), id_model()
    loss = keras.losses.sparse_categorical_crossentropy
    model.compile("adam", loss={"topic": lambda t, p: keras.ops.mean(loss(t, p))})
    with pytest.raises(ValueError, match="loss of task 'topic' must not be reduced"):
        model.fit(x, y, verbose=0)


def test_one_array_of_labels_for_two_tasks_is_refused():
    (x, y), model = id_rows(), id_model()
    model.compile("adam")
    with pytest.raises(ValueError, match="`y` of a model with several tasks must be a dictionary"):
        model.fit(batches_of(x, y["topic"]), verbose=0)
    model = id_model()  # Keras on JAX loses the variables of a `fit` that fails in its first step.
    model.compile("adam")
    with pytest.raises(ValueError, match="must name tasks of the model.*topics"):
        model.evaluate(batches_of(x, {"topics": y["topic"]}), verbose=0)
    with pytest.raises(ValueError, match="A mixture has a batch size of its own"):
        demo = demo_model()
        demo.compile("adam")
        demo.fit(demo_mixture(), batch_size=8)
