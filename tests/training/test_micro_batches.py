"""Steps whose rows pass in parts: the gradient of the whole batch, under every balancer."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.balancing import (
    FAMO,
    EqualWeighting,
    GradDrop,
    GradientAggregator,
    LossBalancer,
    PCGrad,
    RandomLossWeighting,
    UncertaintyWeighting,
    UPGrad,
)
from keras_mtl.training import micro_batches
from keras_mtl.training.stateless import pass_variables
from tests.balancing.kinds import exported, made
from tests.figures import at_most
from tests.training import compared, multilabelled, traded
from tests.training.small import (
    demo_mixture,
    demo_model,
    id_model,
    id_rows,
    largest_difference,
    score_model,
    score_split,
    weights_of,
)
from tests.training.test_every_balancer import own_arguments

pytestmark = pytest.mark.any_backend


def trained(make, balancer, parts, steps=2, optimizer=None, **options):
    """A model after some steps on its batch, and the logs."""
    model, batch = make()
    optimizer = optimizer or keras.optimizers.SGD(0.1, global_clipnorm=0.5)
    model.compile(optimizer, balancer=balancer(), micro_batches=parts, **options)
    for _ in range(steps):
        logs = model.train_on_batch(*batch, return_dict=True)
    return model, logs


def far(make, balancer, parts, **options):
    """How far weights and logs are from those of a step whose rows pass at once."""
    (one, logs), (other, of_parts) = (
        trained(make, balancer, count, **options) for count in (1, parts)
    )
    assert logs.keys() == of_parts.keys()
    names = [name for name in logs if np.isfinite(logs[name])]
    assert names == [name for name in logs if np.isfinite(of_parts[name])]
    apart = max(abs(logs[name] - of_parts[name]) / max(1, abs(logs[name])) for name in names)
    return max(largest_difference(weights_of(one), weights_of(other)), apart)


@pytest.mark.parametrize("kind", [*exported(LossBalancer), *exported(GradientAggregator)])
def test_parts_are_the_batch(kind):
    # It draws a number for each entry: of tokens in the batch alone, unless XLA compiles the step.
    options = {"jit_compile": True} if kind is GradDrop else {}
    # Streams of 12 rows, the last three of them repeated.
    apart = far(traded.bags_of_streams, lambda: made(kind, **own_arguments(kind)), 5, **options)
    at_most(f"{kind.__name__} apart", apart, 2e-5)


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ("streams", "equal"),
        ("streams", "ascending"),
        ("plain", "uncertainty"),
        ("missing", "equal"),
        ("absent", "uncertainty"),
        ("absent", "ascending"),
        ("words", "equal"),
        ("words", "ascending"),
    ],
)
def test_whatever_the_rows(case, kind):
    def balancer():
        return PCGrad("ascending") if kind == "ascending" else kind

    at_most(f"{case}, {kind}", far(traded.CASES[case], balancer, 4), 2e-5)


@pytest.mark.parametrize(
    "balancer",
    [
        lambda: UPGrad(every=2),
        lambda: PCGrad("ascending", every=3),
        lambda: PCGrad("ascending", loss_balancer=UncertaintyWeighting()),
        lambda: UPGrad(every=2, loss_balancer=FAMO()),
    ],
)
def test_weights_that_are_kept_and_balancers_together(balancer):
    at_most("apart", far(traded.bags_of_streams, balancer, 3, steps=4), 2e-5)


@pytest.mark.parametrize(
    "balancer", [lambda: "equal", UncertaintyWeighting, lambda: RandomLossWeighting(seed=1)]
)
def test_gradients_that_are_logged_alone(balancer):
    at_most("apart", far(traded.bags, balancer, 5, log_gradients=True), 2e-5)


def scored():
    split = score_split(rows=24, missing=0.3)
    model = score_model(split)
    mixture = mtl.Mixture({"rows": split}, {"rows": tuple(t.name for t in model.tasks)},
                          batch_size=24, length_classes=1)  # fmt: skip
    return model, mixture.training_batches(model.preprocessor, model.tasks)[0]


def several_texts():
    model = mtl.MultiTaskModel(compared.trunk("lstm"), compared.tasks())
    batches = compared.mixture(length_classes=1).training_batches(model.preprocessor, model.tasks)
    return model, batches[0]


def several_labels():
    model = multilabelled.mood_model()
    mixture = multilabelled.mood_mixture(multilabelled.mood_split())
    return model, mixture.training_batches(model.preprocessor, model.tasks)[0]


@pytest.mark.parametrize("make", [scored, several_texts, several_labels])
def test_whatever_the_tasks(make):
    at_most(f"{make.__name__} apart", far(make, lambda: "equal", 3), 2e-5)


def penalised():
    model, batch = traded.bags()
    model.trunk.get_layer("embedding").activity_regularizer = keras.regularizers.L2(0.1)
    model.heads["topic"].scores.kernel.regularizer = keras.regularizers.L2(0.3)
    return model, batch


@pytest.mark.parametrize("kind", ["equal", "ascending", "kept"])
def test_penalties_count_once(kind):
    balancers = {
        "equal": lambda: "equal",
        "ascending": lambda: PCGrad("ascending"),
        "kept": lambda: UPGrad(every=2),
    }
    # 24 rows in three parts: a row that is repeated would be penalised twice.
    at_most("apart", far(penalised, balancers[kind], 3), 2e-5)
    with_penalty, _ = trained(penalised, balancers[kind], 3)
    without, _ = trained(traded.bags, balancers[kind], 3)
    assert largest_difference(weights_of(with_penalty), weights_of(without)) > 1e-3


@pytest.mark.parametrize("balancer", ["equal", "uncertainty", "ascending"])
def test_half_precision_scales_each_part(balancer):
    def make():
        keras.config.set_dtype_policy("mixed_float16")
        try:
            return traded.bags()
        finally:
            keras.config.set_dtype_policy("float32")

    def given():
        return PCGrad("ascending") if balancer == "ascending" else balancer

    models = [
        trained(
            make, given, parts,
            optimizer=keras.optimizers.LossScaleOptimizer(
                keras.optimizers.SGD(0.1), initial_scale=1024.0
            ),
        )[0]
        for parts in (1, 4)
    ]  # fmt: skip
    start = weights_of(make()[0])
    assert largest_difference(start, weights_of(models[0])[: len(start)]) > 1e-3
    at_most("apart in half precision", largest_difference(*map(weights_of, models)), 1e-3)


def test_a_task_that_is_not_finite_is_left_out_of_all_parts():
    def make():
        model, (x, y, weights) = traded.bags()
        weights["topic"][3] = float("inf")  # As a head that overflows would have it.
        return model, (x, y, weights)

    model, logs = trained(make, lambda: PCGrad("ascending"), 4)
    assert all(np.isfinite(one).all() for one in weights_of(model))
    assert keras.ops.convert_to_numpy(model.balancer.non_finite).tolist() == [2, 0]
    one, _ = trained(make, lambda: PCGrad("ascending"), 1)
    at_most("apart", largest_difference(weights_of(model), weights_of(one)), 2e-5)


def test_a_step_is_compiled_once_and_parts_drop_other_units():
    x, y = id_rows()
    seeds = []
    for parts in (1, 3):
        model = id_model("bag", dropout=0.5)
        model.compile(keras.optimizers.SGD(0.1), micro_batches=parts)
        before = [keras.ops.convert_to_numpy(one) for one in model.non_trainable_variables]
        model.fit(x, y, batch_size=12, epochs=2, verbose=0)
        assert model.compilations == {"train": 1, "test": 0}
        after = [keras.ops.convert_to_numpy(one) for one in model.non_trainable_variables]
        seeds.append([int(b[1]) - int(a[1]) for a, b in zip(before, after, strict=True)
                      if a.shape == (2,) and a.dtype.kind in "ui"])  # fmt: skip
    assert max(seeds[0]) == 4
    assert seeds[1] == [3 * drawn for drawn in seeds[0]]


class Told(FAMO):
    """Remembers how far the losses after a step are from those before."""

    def after_step(self, losses, after, present):
        self.difference.assign(keras.ops.max(keras.ops.abs(losses - after)))

    def build(self, shape):
        super().build(shape)
        self.difference = self.add_weight((), "zeros", trainable=False, name="difference")


def test_losses_after_a_step_drop_the_same_units():
    x, y = id_rows()
    for learning_rate, bound in ((0.0, 1e-6), (0.5, np.inf)):
        model = id_model("bag", dropout=0.5, word_dropout=0.3)
        model.compile(keras.optimizers.SGD(learning_rate), balancer=Told(), micro_batches=4)
        model.train_on_batch(x, y)
        difference = float(keras.ops.convert_to_numpy(model.balancer.difference))
        assert (difference > 1e-3) if learning_rate else difference <= bound


def test_a_step_with_kept_weights_weighs_the_losses_of_its_own_passes():
    _, batch = traded.bags_of_streams()
    model, told = id_model("bag", dropout=0.5), Told()
    balancer = UPGrad(every=2, loss_balancer=told)
    model.compile(keras.optimizers.SGD(0.0), balancer=balancer, micro_batches=3)
    for _ in range(2):
        model.train_on_batch(*batch)
        assert float(keras.ops.convert_to_numpy(told.difference)) <= 1e-6


def test_features_that_are_kept_pass_in_parts():
    left = []
    for parts in (1, 5):
        model = demo_model(kind="bag")
        model.trunk.trainable = False
        model.compile(keras.optimizers.SGD(0.1), balancer="uncertainty", micro_batches=parts)
        model.fit(demo_mixture(), steps_per_epoch=4, cache_features=True, verbose=0)
        left.append(weights_of(model))
    assert largest_difference(left[0], left[1]) <= 2e-5


class Squares(EqualWeighting):
    """Weighs by losses, and does not say so."""

    def call(self, losses, present):
        return keras.ops.sum(losses * losses)


def test_a_call_that_is_written_anew_gets_its_losses():
    assert Squares.weighs_by_losses and not EqualWeighting.weighs_by_losses
    start = weights_of(traded.bags()[0])
    model, _ = trained(traded.bags, Squares, 5)
    assert largest_difference(start, weights_of(model)) > 1e-3
    at_most("apart", far(traded.bags, Squares, 5), 2e-5)


def test_what_balancers_keep_is_not_carried_from_part_to_part():
    model, _ = traded.bags()
    model.compile("sgd", balancer="moco")
    kept = {id(one) for layer in model.balancer_layers for one in layer.variables}
    assert kept and not kept & {id(one) for one in pass_variables(model)}


@pytest.mark.parametrize("balancer", ["equal", "uncertainty", "ascending"])
def test_batches_of_many_sizes(balancer, monkeypatch):
    """As many that on TensorFlow their number of rows is known in the step alone."""
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if on_tensorflow:
        monkeypatch.setattr("keras_mtl.training.tensorflow_step._MAX_STATIC_SHAPES", 0)
    evened = micro_batches._evened
    sizes = []

    def noted(model, rows, stream):
        sizes.append(rows.x[stream]["token_ids"].shape[0])
        return evened(model, rows, stream)

    monkeypatch.setattr(micro_batches, "_evened", noted)
    left = []
    for parts in (1, 5):
        model = id_model("bag", seed=1)
        given = PCGrad("ascending") if balancer == "ascending" else balancer
        model.compile(keras.optimizers.SGD(0.1), balancer=given, micro_batches=parts)
        for rows in (24, 17, 21):
            model.train_on_batch(*id_rows(rows))
        left.append(weights_of(model))
    assert (None in sizes) == on_tensorflow
    at_most("apart", largest_difference(*left), 2e-5)
