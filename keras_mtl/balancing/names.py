"""Balancers by name."""

import difflib
from typing import Any

import keras

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.aligned_mtl import AlignedMTL
from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.cagrad import CAGrad
from keras_mtl.balancing.con_fig import ConFIG
from keras_mtl.balancing.db_mtl import DBMTL
from keras_mtl.balancing.dual_proj import DualProj
from keras_mtl.balancing.dynamic_task_prioritization import DynamicTaskPrioritization
from keras_mtl.balancing.dynamic_weight_average import DynamicWeightAverage
from keras_mtl.balancing.equal import EqualWeighting
from keras_mtl.balancing.excess_mtl import ExcessMTL
from keras_mtl.balancing.fair_grad import FairGrad
from keras_mtl.balancing.famo import FAMO
from keras_mtl.balancing.geometric_mean import GeometricMean
from keras_mtl.balancing.grad_drop import GradDrop
from keras_mtl.balancing.grad_norm import GradNorm
from keras_mtl.balancing.grad_vac import GradVac
from keras_mtl.balancing.imtl_g import IMTLG
from keras_mtl.balancing.imtl_l import IMTLL
from keras_mtl.balancing.mgda import MGDA
from keras_mtl.balancing.moco import MoCo
from keras_mtl.balancing.nash_mtl import NashMTL
from keras_mtl.balancing.pcgrad import PCGrad
from keras_mtl.balancing.random_loss_weighting import RandomLossWeighting
from keras_mtl.balancing.smooth_tchebycheff import SmoothTchebycheff
from keras_mtl.balancing.uncertainty import UncertaintyWeighting
from keras_mtl.balancing.upgrad import UPGrad
from keras_mtl.balancing.weight_schedule import WeightSchedule

NAMES: dict[str, type[LossBalancer | GradientAggregator]] = {
    "aligned_mtl": AlignedMTL,
    "cagrad": CAGrad,
    "config": ConFIG,
    "db_mtl": DBMTL,
    "dual_proj": DualProj,
    "dynamic_task_prioritization": DynamicTaskPrioritization,
    "dynamic_weight_average": DynamicWeightAverage,
    "equal": EqualWeighting,
    "excess_mtl": ExcessMTL,
    "fair_grad": FairGrad,
    "famo": FAMO,
    "geometric_mean": GeometricMean,
    "grad_drop": GradDrop,
    "grad_norm": GradNorm,
    "grad_vac": GradVac,
    "imtl_g": IMTLG,
    "imtl_l": IMTLL,
    "mgda": MGDA,
    "moco": MoCo,
    "nash_mtl": NashMTL,
    "pcgrad": PCGrad,
    "random": RandomLossWeighting,
    "schedule": WeightSchedule,
    "smooth_tchebycheff": SmoothTchebycheff,
    "uncertainty": UncertaintyWeighting,
    "upgrad": UPGrad,
}


def get(identifier: Any) -> LossBalancer | GradientAggregator:
    """A balancer from an instance, a name or a serialized config.

    Args:
        identifier: A `LossBalancer` or `GradientAggregator` (of the package or your own), one of
            the names (that of a class is one too), or the dictionary that
            `keras.saving.serialize_keras_object` made of a balancer.

    Returns:
        The balancer.

    Raises:
        ValueError: If the name is unknown; the nearest one is offered.
        TypeError: If it is no balancer.

    Example:
        >>> get("equal").__class__.__name__
        'EqualWeighting'
    """
    if isinstance(identifier, (LossBalancer, GradientAggregator)):
        return identifier
    if isinstance(identifier, str):
        by_class = {kind.__name__: kind for kind in NAMES.values()}
        found = NAMES.get(identifier) or by_class.get(identifier)
        if found is WeightSchedule:
            raise ValueError(
                "`balancer` must have weights to follow. Received: balancer="
                f"{identifier!r}. Write balancer=WeightSchedule({{'task': [(0, 1.0), (5, 0.1)]}})."
            )
        if found is not None:
            return found()
        wanted = identifier.lower()
        nearest = difflib.get_close_matches(wanted, NAMES, n=1, cutoff=0.0)
        raise ValueError(
            f"`balancer` must be one of {', '.join(map(repr, sorted(NAMES)))}, or a LossBalancer "
            "or GradientAggregator of your own. "
            f"Received: balancer={identifier!r}. Did you mean {nearest[0]!r}?"
        )
    if isinstance(identifier, dict):
        return get(keras.saving.deserialize_keras_object(identifier))
    raise TypeError(
        "`balancer` must be a name, a LossBalancer or GradientAggregator (an instance, not the "
        f"class) or its config. Received: {identifier!r} of type {type(identifier).__name__}."
    )
