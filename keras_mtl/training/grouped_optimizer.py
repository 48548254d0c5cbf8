"""A Keras optimizer whose variables learn at different rates, each from its own first step on."""

import dataclasses
import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.training.fine_tuning import NOT_DECAYED
from keras_mtl.training.selecting import select

# Of the whole, not of a group: the gradient is clipped, scaled and gathered before it is parted.
_OF_THE_WHOLE = {
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


@dataclasses.dataclass
class _Groups:
    """The optimizer of each group, and its variables.

    Not a bare list: Keras would take the variables in it for some of the optimizer's own.
    """

    found: list[tuple[Any, list[Any]]] = dataclasses.field(default_factory=list)


@keras.saving.register_keras_serializable(package="keras_mtl")
class GroupedOptimizer(keras.optimizers.Optimizer):
    """Any Keras optimizer, with a learning rate for each group of variables.

    Variables of one rate make a group, updated as by an optimizer of their own: the same kind, the
    same settings, the rate times its factor, decay of weights included. Clipping, averages (EMA),
    accumulation and scaling are of all gradients together, as the optimizer would do them.
    Variables that begin to learn later, because they were frozen, have a group of their own, too,
    whose steps count from there: Adam corrects its averages by that count, and would take steps
    several times too large otherwise. The schedule of the learning rate has one count for all.

    Args:
        optimizer: A Keras optimizer, or its name. It is a pattern: it trains nothing itself.
        rates: What each variable's learning rate is multiplied by: from names or patterns of
            parts (as `transfer.freeze` takes them) to factors, later ones going first, 1 where
            nothing matches; or `transfer.layerwise_decay(0.9)`. Outside of a `MultiTaskModel`
            patterns are those of variables' paths.
        decay_all: Whether weights of biases and of normalisation decay, too, where
            `weight_decay` is set.
        begun: Path of each variable that began to learn later to the step at which it did.
        name: Name of the optimizer.

    Raises:
        TypeError: If `optimizer` is none or `rates` are none.
        ValueError: If a factor is negative, or the optimizer scales losses or has groups.

    Example:
        >>> optimizer = GroupedOptimizer("adam", {"trunk": 0.1})
        >>> round(float(optimizer.learning_rate), 6)
        0.001
    """

    def __init__(
        self,
        optimizer: Any = "adam",
        rates: Any = None,
        decay_all: bool = False,
        begun: Mapping[str, int] | None = None,
        name: str | None = None,
    ) -> None:
        pattern = _pattern(optimizer)
        config = pattern.get_config()
        super().__init__(
            learning_rate=_rate_of(pattern),
            name=name or f"grouped_{pattern.name}",
            ema_momentum=config["ema_momentum"],
            **{key: config[key] for key in _OF_THE_WHOLE},
        )
        self.pattern, self.rates, self.decay_all = pattern, _checked(rates), decay_all
        self.begun = dict(begun or {})
        self.factors: dict[str, float] | None = None  # Path of each variable to its factor.
        self._groups = _Groups()

    def for_model(self, model: Any) -> None:
        """Look up what `rates` name in a model; in `compile`.

        Raises:
            ValueError: If a name or a pattern matches nothing.
        """
        if self.rates is not None and not isinstance(self.rates, Mapping):
            self.factors = self.rates.factors(model)
        elif self.rates:
            factors: dict[str, float] = {}
            for name, factor in self.rates.items():
                for layer in select(model, name, "`rates`").values():
                    factors |= {one.path: factor for one in layer.trainable_variables}
            self.factors = factors

    def build(self, variables: Sequence[Any]) -> None:
        """Make the group of each variable, and what it keeps."""
        if self.built:
            return
        super().build(variables)
        groups: dict[tuple[float, int], list[Any]] = {}
        for variable, factor in zip(variables, self._factors(variables), strict=True):
            begun = self.begun.get(variable.path, 0)
            groups.setdefault((factor, begun), []).append(variable)
        self._groups.found = [
            (self._copy(factor, number), members)
            for number, ((factor, _), members) in enumerate(groups.items())
        ]
        for optimizer, members in self.groups:
            optimizer.build(members)

    @property
    def groups(self) -> list[tuple[Any, list[Any]]]:
        """The optimizer of each group, and the variables that it trains; once built."""
        return self._groups.found

    @property
    def variables(self) -> list[Any]:
        """What it keeps itself, then what each group keeps."""
        of_groups = [one for optimizer, _ in self.groups for one in optimizer.variables]
        return [*super().variables, *of_groups]

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
    ) -> None:
        given = {
            self._var_key(variable): gradient
            for gradient, variable in zip(grads, trainable_variables, strict=True)
        }
        for optimizer, members in self.groups:
            there = [one for one in members if self._var_key(one) in given]
            if there:
                optimizer.apply([given[self._var_key(one)] for one in there], there)

    def get_config(self) -> dict[str, Any]:
        rates = self.rates
        if isinstance(rates, Mapping):
            rates = dict(rates)
        elif rates is not None:
            rates = keras.saving.serialize_keras_object(rates)
        # The rate may have been set since; that of a schedule is a part of the pattern.
        config = keras.saving.serialize_keras_object(self.pattern)
        if hasattr(self._learning_rate, "assign"):
            rate = float(keras.ops.convert_to_numpy(self._learning_rate))
            config["config"]["learning_rate"] = rate
        return {
            "optimizer": config,
            "rates": rates,
            "decay_all": self.decay_all,
            "begun": dict(self.begun),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "GroupedOptimizer":
        found = dict(config)
        for key in ("optimizer", "rates"):
            if isinstance(found[key], dict) and "class_name" in found[key]:
                found[key] = keras.saving.deserialize_keras_object(found[key], custom_objects)
        return cls(**found)

    def _copy(self, factor: float, number: int) -> Any:
        """An optimizer like the pattern, for one group."""
        kind = type(self.pattern)
        config = {**self.pattern.get_config(), **_OF_THE_WHOLE, "name": f"{self.name}_{number}"}
        copy = kind.from_config(config)
        rate = self._get_current_learning_rate
        copy.learning_rate = lambda: rate() * factor
        # Kept in no configuration: which variables the pattern leaves out itself.
        names = getattr(self.pattern, "_exclude_from_weight_decay_pattern", None)
        own = [] if self.decay_all else list(NOT_DECAYED)
        copy.exclude_from_weight_decay(var_names=[*own, *([names.pattern] if names else [])])
        copy._exclude_from_weight_decay = getattr(self.pattern, "_exclude_from_weight_decay", set())
        return copy

    def _factors(self, variables: Sequence[Any]) -> list[float]:
        if self.factors is not None:
            return [self.factors.get(one.path, 1.0) for one in variables]
        if self.rates is None:
            return [1.0] * len(variables)
        if not isinstance(self.rates, Mapping):
            raise ValueError(
                f"`rates` of {self.name!r} must be factors by pattern outside of a MultiTaskModel, "
                f"which alone knows its groups of layers. Received: {self.rates!r}."
            )
        paths = [one.path for one in variables]
        for name in self.rates:
            if not fnmatch.filter(paths, name):
                raise ValueError(
                    f"`rates` of {self.name!r} must name variables: {listed(paths)}. Received: "
                    f"{name!r}, which matches nothing. {nearest(name, paths)}".rstrip()
                )
        factors = dict.fromkeys(paths, 1.0)
        for name, factor in self.rates.items():
            factors |= dict.fromkeys(fnmatch.filter(paths, name), factor)
        return [factors[path] for path in paths]


def _pattern(optimizer: Any) -> Any:
    pattern = keras.optimizers.get(optimizer)
    if isinstance(pattern, (keras.optimizers.LossScaleOptimizer, GroupedOptimizer)):
        raise ValueError(
            "`optimizer` of a GroupedOptimizer must be a plain one, such as 'adam'. Received: a "
            f"{type(pattern).__name__}. Put a LossScaleOptimizer around the groups instead."
        )
    return pattern


def _rate_of(pattern: Any) -> Any:
    rate = pattern._learning_rate
    return float(keras.ops.convert_to_numpy(rate)) if hasattr(rate, "assign") else rate


def _checked(rates: Any) -> Any:
    if rates is None or hasattr(rates, "factors"):
        return rates
    if not isinstance(rates, Mapping):
        raise TypeError(
            "`rates` of a GroupedOptimizer must be factors by name or pattern, "
            "{'trunk': 0.1}, or `transfer.layerwise_decay(0.9)`. Received: "
            f"{rates!r} of type {type(rates).__name__}."
        )
    for name, factor in rates.items():
        number = isinstance(factor, (int, float)) and not isinstance(factor, bool)
        if not number or not 0 <= factor < float("inf"):
            raise ValueError(
                f"`rates` of {name!r} must be a factor of 0 or more. Received: {factor!r}."
            )
    return {name: float(factor) for name, factor in rates.items()}
