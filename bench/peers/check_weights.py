#!/usr/bin/env python3
"""Weights files through Keras and back: what the suite writes Keras loads; what Keras saves
(weights with an optimizer, and a whole legacy .h5; Sequential, and functional with names of the
user) the suite reads; all with the same bits.

    check_weights.py build/release/tests/weights/weights_program

Exit code: 0 all the same, 1 not.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import network

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"


def functional_twin(model):
    """The same layers as a functional model, renamed so that no name sorts as its layer."""
    import keras
    inputs = values = keras.Input(model.input_shape[1:])
    for number, layer in enumerate(model.layers):
        config = layer.get_config() | {"name": f"z{99 - number}"}
        values = layer.__class__.from_config(config)(values)
    twin = keras.Model(inputs, values)
    twin.set_weights(model.get_weights())
    return twin


def run(program, what, path, size, planes, raw):
    done = subprocess.run([program, what, path, "-", str(size), str(planes), raw],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{what} {path}: {done.stderr}")


def check(program, size, planes, folder):
    source = np.random.default_rng(size)
    weights = {name: source.standard_normal(values.shape).astype(np.float32)
               for name, values in network.glorot_weights(size, planes).items()}
    raw, read = folder / "values", folder / "read"
    np.concatenate([values.ravel() for values in weights.values()]).tofile(raw)
    run(program, "write", folder / "ours.weights.h5", size, planes, raw)

    zeros = {name: np.zeros_like(values) for name, values in weights.items()}
    model = network.keras_network(zeros, size, planes)
    model.load_weights(folder / "ours.weights.h5")
    for loaded, (name, values) in zip(model.get_weights(), weights.items(), strict=True):
        if loaded.tobytes() != values.tobytes():
            raise SystemExit(f"size {size}: Keras loads another {name}")
    bad = 0
    for kind, saved in [("sequential", model), ("functional", functional_twin(model))]:
        saved.compile("adam", "mse")
        saved.optimizer.build(saved.trainable_variables)
        for name, save in [("k.weights.h5", saved.save_weights), ("k.h5", saved.save)]:
            path = folder / name
            save(path)
            run(program, "read", path, size, planes, read)
            same = raw.read_bytes() == read.read_bytes()
            bad += not same
            verdict = "same" if same else "OTHER BITS"
            print(f"{size} x {size} x {planes} {kind} {name}: {verdict}")
    return bad


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(sys.argv) == 2 else 2
    with tempfile.TemporaryDirectory() as folder:
        return int(sum(check(sys.argv[1], size, planes, Path(folder))
                       for size, planes in [(3600, 1), (640, 3)]) > 0)


if __name__ == "__main__":
    sys.exit(main())
