#!/usr/bin/env python3
"""Compares one training step of the suite with Keras (on TensorFlow) and with PyTorch.

    larscale step --data IMAGES.npy --labels LABELS.npy --weights W.weights.h5 --dump STEP.h5 ..
    check.py W.weights.h5 IMAGES.npy LABELS.npy STEP.h5

Both peers compute the loss (mean over the batch), logits, probabilities and every gradient in
float64 from the same float32 weights and images; the table shows for each tensor the largest
difference from the suite's, divided by the largest value of the peer's. The column "peers" is how
far Keras and PyTorch are apart: if it is not tiny, the step itself is ambiguous.

Where two pixels of a pool window are nearly equal, float32 and float64 may choose different ones,
and gradients differ visibly though neither is wrong. If a gradient is beyond its tolerance, such
windows are looked for and swapped in the peers' gradients where that explains it (ties.py); how
many is said. That may take a minute or two: use images of 640 to 813 pixels.

Exit code: 0 all within the tolerances, 1 not, or a tensor is missing or not finite, 2 usage.
"""
import argparse
import os
import sys

import numpy as np

import network
import ties

TOLERANCES = {"loss": 1e-5, "logits": 1e-5, "probabilities": 1e-5, "gradients": 1e-4}
PEERS_TOLERANCE = 1e-9  # float64 against float64


def softmax(logits):
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def keras_step(weights, images, labels):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import tensorflow as tf
    model = network.keras_network(weights, images.shape[1], images.shape[3], "float64")
    with tf.GradientTape() as tape:
        logits = model(images.astype(np.float64), training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    gradients = tape.gradient(loss, model.trainable_variables)
    step = {"loss": loss.numpy(), "logits": logits.numpy(),
            "probabilities": tf.nn.softmax(logits).numpy()}
    return step | {f"gradients/{n}": g.numpy() for n, g in zip(weights, gradients, strict=True)}


def torch_step(weights, images, labels):
    import torch
    model = network.torch_network(weights, "float64")
    logits = model(network.to_torch_images(images, "float64"))
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss.backward()
    step = {"loss": loss.detach().numpy(), "logits": logits.detach().numpy(),
            "probabilities": torch.softmax(logits, 1).detach().numpy()}
    return step | {f"gradients/{name}": network.from_torch(name, parameter.grad.numpy())
                   for name, parameter in zip(weights, model.parameters(), strict=True)}


def read_dump(path, names):
    with network.open_hdf5(path) as file:
        missing = [name for name in names if name not in file]
        if missing:
            raise SystemExit(f"{path}: {', '.join(missing)} missing")
        return {name: file[name][()] for name in names}


def difference(values, reference):
    """Largest difference over largest reference; infinite for other shapes or values not finite."""
    values, reference = np.asarray(values), np.asarray(reference)
    if values.shape != reference.shape or not np.all(np.isfinite(values)):
        return np.inf
    largest = np.abs(reference).max()
    error = np.abs(values.astype(np.float64) - reference).max()
    return error / largest if largest > 0 else (0.0 if error == 0 else np.inf)


def gradients_near(ours, reference):
    return all(difference(ours[name], values) <= TOLERANCES["gradients"]
               for name, values in reference.items() if name.startswith("gradients/"))


def swap_ties(weights, images, labels, ours, peers):
    """Changes the peers' gradients to what they are with the suite's choice at near-ties."""
    if all(gradients_near(ours, peer) for peer in peers.values()):
        return
    if any(ours[name].shape != values.shape for name, values in peers["keras"].items()):
        return
    near, swapped, change = ties.explain(weights, images, labels, ours,
                                         lambda gradients: gradients_near(ours, gradients))
    print(f"pool windows with near-ties: {near}, of which swapped as float32 decided them: "
          f"{len(swapped)}")
    for peer in peers.values():
        for name, values in change.items():
            peer[name] = peer[name] + values


def compare(ours, peers):
    """Prints the table; returns the number of tensors beyond their tolerance."""
    columns = list(peers)
    print(f"{'tensor':26}{'tolerance':>11}" + "".join(f"{c:>11}" for c in columns + ["peers"]))
    beyond = 0
    for name, values in ours.items():
        tolerance = TOLERANCES[name.split("/")[0]]
        errors = [difference(values, peers[column][name]) for column in columns]
        apart = difference(peers[columns[0]][name], peers[columns[-1]][name])
        bad = max(errors) > tolerance or apart > PEERS_TOLERANCE
        beyond += bad
        print(f"{name:26}{tolerance:11.0e}" + "".join(f"{e:11.1e}" for e in errors + [apart])
              + ("  BEYOND" if bad else ""))
    return beyond


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", help="the .weights.h5 that the step began with")
    parser.add_argument("images", help=".npy, float32 [batch, size, size] or [.., planes]")
    parser.add_argument("labels", help=".npy, integers [batch]")
    parser.add_argument("dump", help="the file of larscale step --dump")
    options = parser.parse_args()
    images, labels = network.read_batch(options.images, options.labels)
    weights = network.read_weights(options.weights, images.shape[1], images.shape[3])
    peers = {"keras": keras_step(weights, images, labels),
             "pytorch": torch_step(weights, images, labels)}
    ours = read_dump(options.dump, peers["keras"])
    swap_ties(weights, images, labels, ours, peers)
    beyond = compare(ours, peers)
    print(f"{len(ours)} tensors, {beyond} beyond their tolerance")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
