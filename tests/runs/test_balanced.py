"""What a balancer did, in all that a run leaves."""

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from keras_mtl.config import load_config
from keras_mtl.runs import train
from tests.config.small import write_run
from tests.reports.test_page import section, words


@pytest.fixture(scope="module")
def balanced(tmp_path_factory):
    run_file = write_run(tmp_path_factory.mktemp("project"))
    return train(
        load_config(
            run_file, ["training.epochs=2", "training.balancer=upgrad", "mixture.batch_size=16"]
        )
    )


def test_weights_norms_and_cosines_are_in_the_metrics(balanced):
    pairs = ("tone_stars", "tone_topic", "stars_topic")
    names = [f"{task}_{one}" for task in ("tone", "stars", "topic")
             for one in ("weight", "gradient_norm")]  # fmt: skip
    for epoch in balanced.metrics:
        assert all(np.isfinite(epoch[name]) and epoch[name] > 0 for name in names)
        assert all(-1 <= epoch[f"{pair}_cosine"] <= 1 for pair in pairs)


def test_the_report_has_them_as_heat_maps(balanced):
    found = section((balanced.path / "report.html").read_text("utf-8"), "balance")
    assert [words(title) for title in found.findall("h4")] == [
        "Weight", "Gradient norm", "Cosine of gradients"
    ]  # fmt: skip
    weights = found.find(".//table")
    assert [words(row.find("th")) for row in weights.findall("tbody/tr")] == [
        "tone", "stars", "topic"
    ]  # fmt: skip
    shown = float(weights.findall("tbody/tr/td")[1].text)
    assert shown == pytest.approx(balanced.metrics[1]["tone_weight"], abs=1e-3)


def test_tensorboard_has_them(balanced):
    accumulator = EventAccumulator(str(balanced.path / "tensorboard")).Reload()
    for tag, name in (
        ("tone/weight", "tone_weight"),
        ("topic/gradient_norm", "topic_gradient_norm"),
        ("cosine/tone_topic", "tone_topic_cosine"),
    ):
        written = [make_ndarray(event.tensor_proto) for event in accumulator.Tensors(tag)]
        assert written == pytest.approx([epoch[name] for epoch in balanced.metrics], rel=1e-6)
