"""How fast the device multiplies square matrices, in JAX."""

import json
import sys

from pair.matrix_rate import best


def main(settings):
    import jax
    from jax import numpy as jnp

    device = jax.devices()[0]
    size = 1024 if device.platform == "cpu" else 8192
    kind = jnp.bfloat16 if settings["half"] else jnp.float32
    matrix = jax.random.normal(jax.random.key(0), (size, size), kind)
    product = jax.jit(lambda one: one @ one)
    rate = best(lambda: product(matrix).block_until_ready(), size)
    return {"operations": rate, "device": device.device_kind}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
