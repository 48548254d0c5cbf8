"""How fast the device multiplies square matrices, in JAX."""

import json
import sys
import time

REPEATS = 20


def main(settings):
    import jax
    from jax import numpy as jnp

    device = jax.devices()[0]
    size = 1024 if device.platform == "cpu" else 8192
    kind = jnp.bfloat16 if settings["half"] else jnp.float32
    matrix = jax.random.normal(jax.random.key(0), (size, size), kind)
    product = jax.jit(lambda one: one @ one)
    product(matrix).block_until_ready()
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        product(matrix).block_until_ready()
        times.append(time.perf_counter() - begin)
    return {"operations": 2 * size**3 / min(times), "device": device.device_kind}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
