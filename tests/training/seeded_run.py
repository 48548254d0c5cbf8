"""Trains once from a seed and prints a digest of the weights; run as a script."""

import hashlib
import sys


def main(seed):
    import keras
    import tensorflow as tf

    from tests.training.small import demo_mixture, demo_model, weights_of

    tf.config.experimental.enable_op_determinism()
    model = demo_model(seed, dropout=0.3)
    model.compile(keras.optimizers.Adam(0.01))
    model.fit(demo_mixture(seed=seed), epochs=2, verbose=0)
    bits = b"".join(weight.tobytes() for weight in weights_of(model))
    print("DIGEST" + hashlib.sha256(bits).hexdigest())


if __name__ == "__main__":
    main(int(sys.argv[1]))
