#!/usr/bin/env python3
"""Times training steps (forward, backward, update by plain SGD) of the study's network in a peer.

tensorflow: a step compiled as a graph (tf.function). keras: train_on_batch. pytorch: eager,
channels last. All without XLA or torch.compile, which are slower for this network on CPUs.
Data is in memory before the clock starts. Output: see protocol.py. With --dump nothing is timed:
loss, logits and gradients of one step are written, for agree.py.
"""
import argparse
import os
import time

import numpy as np

import network
import protocol
from make_batch import make_batch


def timed(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def tensorflow_step(options, weights, images, labels):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(2)  # measured: no slower than 1
    model = network.keras_network(weights, images.shape[1], images.shape[3])
    loss_function = keras.losses.CategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(1e-3)
    targets = np.eye(network.CLASSES, dtype=np.float32)[labels]
    facts = {"version": f"TensorFlow {tf.__version__}, Keras {keras.__version__}"}
    if options.peer == "keras" and not options.dump:
        model.compile(optimizer, loss_function, jit_compile=False)
        return lambda: model.train_on_batch(images, targets), None, facts
    optimizer.build(model.trainable_variables)
    images, targets = tf.constant(images), tf.constant(targets)

    def differentiate():
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            loss = loss_function(targets, logits)
        return loss, logits, tape.gradient(loss, model.trainable_variables)

    @tf.function
    def graph_step():
        loss, _, gradients = differentiate()
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    def outputs():
        loss, logits, gradients = tf.function(differentiate)()
        return {"loss": loss.numpy(), "logits": logits.numpy()} | {
            f"gradients/{n}": g.numpy() for n, g in zip(weights, gradients, strict=True)}

    return lambda: float(graph_step()), outputs, facts


def pytorch_step(options, weights, images, labels):
    import torch
    torch.set_num_threads(options.threads)
    model = network.torch_network(weights)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    images, labels = network.to_torch_images(images), torch.tensor(labels, dtype=torch.int64)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    def outputs():
        logits = model(images)
        loss = torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()
        return {"loss": loss.detach().numpy(), "logits": logits.detach().numpy()} | {
            f"gradients/{name}": network.from_torch(name, parameter.grad.numpy())
            for name, parameter in zip(weights, model.parameters(), strict=True)}

    return step, outputs, {"version": f"PyTorch {torch.__version__}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=["tensorflow", "keras", "pytorch"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=3600, help="without --data")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--data", help=".npy of images (default: random dense ones, one plane)")
    parser.add_argument("--labels", help=".npy of their labels")
    parser.add_argument("--weights", help=".weights.h5 (default: Glorot)")
    parser.add_argument("--dump", help="write the step's results to this .npz, and time nothing")
    protocol.add_options(parser)
    options = parser.parse_args()
    if bool(options.data) != bool(options.labels):
        parser.error("--data and --labels go together")
    if options.data:
        images, labels = network.read_batch(options.data, options.labels, options.batch)
    else:
        images, labels = make_batch(options.size, 1, options.batch, "noise", 1)
    size, planes = images.shape[1], images.shape[3]
    weights = (network.read_weights(options.weights, size, planes) if options.weights
               else network.glorot_weights(size, planes))
    make = pytorch_step if options.peer == "pytorch" else tensorflow_step
    step, outputs, facts = make(options, weights, images, labels)
    if options.dump:
        np.savez(options.dump, **outputs())
        return
    protocol.serve(options, options.peer, lambda: timed(step), threads=options.threads, size=size,
                   planes=planes, batch=options.batch, **facts)


if __name__ == "__main__":
    main()
