#!/usr/bin/env python3
"""Weights files as Keras lays them out, made by h5py, are read; ours are read by h5py. Prints TAP.

usage: test_weights_h5py.py WEIGHTS_PROGRAM

The layouts are those that Keras 3.15 writes (Sequential and functional models alike), and of Keras
2 for the legacy one; bench/peers/check_weights.py compares with Keras itself.
"""
import os
import subprocess
import sys
import tempfile
import zlib

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"1..0 # SKIP {missing}: install python3-h5py and python3-numpy (ci/setup test)")
    sys.exit(0)

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

PROGRAM = sys.argv[1]
NETWORK = "blocks 3 4\ndense 7 5\nkernel 3\npool 2\n"
SIZE, PLANES = 9, 2  # 9 -> 4 -> 2: 2 * 2 * 4 = 16 inputs of the first dense layer
SHAPES = {"conv2d": (3, 3, 2, 3), "conv2d_1": (3, 3, 3, 4), "dense": (16, 7), "dense_1": (7, 5)}
OURS = {"conv2d": "conv1", "conv2d_1": "conv2", "dense": "dense1", "dense_1": "dense2"}
IO, FORMAT, MISMATCH, VALUE = 2, 3, 4, 5  # ls_status


def some_layers():
    """Kernel and bias of each layer, by Keras' name."""
    source = np.random.default_rng(11)
    return {name: [source.standard_normal(shape).astype(np.float32),
                   source.standard_normal(shape[-1]).astype(np.float32)]
            for name, shape in SHAPES.items()}


def arena(layers):
    return np.concatenate([part.ravel() for pair in layers.values() for part in pair])


def keras3(path, layers):
    """As Keras 3's save_weights of a compiled model, the layers without weights included."""
    with h5py.File(path, "w") as file:
        file.create_group("vars").attrs["name"] = ""
        for name in ["flatten", "max_pooling2d", "max_pooling2d_1", "elu", "input_layer"]:
            file.create_group(f"layers/{name}/vars").attrs["name"] = name
        for name, weights in layers.items():
            group = file.create_group(f"layers/{name}/vars")
            group.attrs["name"] = f"my_own_name_of_{name}"
            for number, values in enumerate(weights):
                group[str(number)] = values
        optimizer = file.create_group("optimizer/vars")
        optimizer.attrs["name"] = "adam"
        optimizer["0"] = np.int64(1)
        optimizer["1"] = np.float32(0.001)
        for number, values in enumerate(v for w in layers.values() for v in w for _ in "mv"):
            optimizer[str(number + 2)] = values


def legacy(path, layers, root="model_weights", fixed=False, suffix=""):
    """As Keras 3's save("x.h5") (variable-length names), or Keras 2's (fixed, suffix ":0").
    The user's names sort in the reverse order of the layers."""
    with h5py.File(path, "w") as file:
        group = file.require_group(root) if root else file
        names = []

        def attribute(owner, key, strings):
            if not strings:
                owner.attrs[key] = np.zeros(0)
            else:
                owner.attrs[key] = np.array([s.encode() for s in strings]) if fixed else strings

        for number, (name, weights) in enumerate(layers.items()):
            names += [f"z{9 - number}_{name}", f"pool{number}"]
            attribute(group.create_group(names[-1]), "weight_names", [])
            layer = group.create_group(names[-2])
            paths = [f"model/{names[-2]}/{part}{suffix}" for part in ["kernel", "bias"]]
            attribute(layer, "weight_names", paths[:len(weights)])
            for path_, values in zip(paths, weights):
                layer[path_] = values
        attribute(group, "layer_names", names)
        group.attrs["backend"] = "tensorflow"
        attribute(group.create_group("top_level_model_weights"), "weight_names", [])
        file.create_group("optimizer_weights/adam")["kernel_momentum"] = np.ones((3, 3, 2, 3))


class Failure(Exception):
    """What a check found wrong."""


def run(what, path, raw, network=NETWORK, size=SIZE, planes=PLANES):
    with tempfile.NamedTemporaryFile("w", suffix=".network") as file:
        file.write(network)
        file.flush()
        return subprocess.run([PROGRAM, what, path, file.name, str(size), str(planes), raw],
                              capture_output=True, text=True, check=False)


def read(folder, path, expected):
    """The program reads expected (an arena) from path, bit by bit."""
    raw = os.path.join(folder, "values")
    answer = run("read", path, raw)
    if answer.returncode or answer.stderr:
        raise Failure(f"exit code {answer.returncode}: {answer.stderr}")
    if np.fromfile(raw, np.float32).tobytes() != expected.tobytes():
        raise Failure("other values were read")


def refused(folder, path, status, *texts):
    raw = os.path.join(folder, "never")
    answer = run("read", path, raw)
    if answer.returncode != 1 or not answer.stderr.startswith(f"status {status}: "):
        raise Failure(f"not status {status}, exit code {answer.returncode}: {answer.stderr}")
    if answer.stderr.count("\n") != 1:
        raise Failure(f"more than one line: {answer.stderr}")
    for text in (path, *texts):
        if text not in answer.stderr:
            raise Failure(f"'{text}' is not in: {answer.stderr}")
    if os.path.exists(raw):
        raise Failure("values were written all the same")


def check_keras3(folder):
    path, layers = os.path.join(folder, "x.weights.h5"), some_layers()
    keras3(path, layers)
    read(folder, path, arena(layers))


def check_legacy(folder):
    path, layers = os.path.join(folder, "x.h5"), some_layers()
    for root in ["model_weights", ""]:
        for fixed in [False, True]:
            for suffix in ["", ":0"]:
                legacy(path, layers, root, fixed, suffix)
                read(folder, path, arena(layers))


def check_types(folder):
    """Halves are exact as floats; doubles are rounded to the nearest float."""
    path = os.path.join(folder, "x.weights.h5")
    for type_ in [np.float16, np.float64, np.dtype(">f4"), np.dtype(">f8")]:
        layers = {name: [part.astype(type_) for part in pair]
                  for name, pair in some_layers().items()}
        keras3(path, layers)
        read(folder, path, arena(layers).astype(np.float32))
    for type_ in [np.int32, np.int8, np.bool_, np.dtype("S4"), np.dtype("V2")]:
        layers = some_layers()
        layers["dense"][0] = np.zeros((16, 7), type_)
        keras3(path, layers)
        refused(folder, path, FORMAT, "dense1.kernel")


def check_values(folder):
    """NaN and infinity; also doubles that are too large for a float."""
    path = os.path.join(folder, "x.weights.h5")
    for name in SHAPES:
        for part, word in enumerate(["kernel", "bias"]):
            for type_, bad in [(np.float32, np.nan), (np.float16, np.inf), (np.float64, 1e39)]:
                layers = some_layers()
                values = layers[name][part].astype(type_)
                values.ravel()[-1] = bad
                layers[name][part] = values
                keras3(path, layers)
                refused(folder, path, VALUE, f"{OURS[name]}.{word}")


def check_shapes(folder):
    """Another kernel, image or number of classes: layer and both shapes are named."""
    for write, name in [(keras3, "x.weights.h5"), (legacy, "x.h5")]:
        path = os.path.join(folder, name)
        for layer, part, shape in [("conv2d", 0, (3, 3, 1, 3)), ("conv2d_1", 0, (5, 5, 3, 4)),
                                   ("dense", 0, (24, 7)), ("dense_1", 0, (7, 4)),
                                   ("dense_1", 1, (4,)), ("conv2d", 1, (3, 1))]:
            layers = some_layers()
            layers[layer][part] = np.zeros(shape, np.float32)
            write(path, layers)
            wanted = SHAPES[layer] if part == 0 else SHAPES[layer][-1:]
            refused(folder, path, MISMATCH, OURS[layer], "x".join(map(str, shape)) + ", but",
                    "takes " + "x".join(map(str, wanted)))


def check_layers(folder):
    """Layers that are missing, too many, of another kind or without a bias."""
    new, old = os.path.join(folder, "x.weights.h5"), os.path.join(folder, "x.h5")
    for name in SHAPES:
        layers = some_layers()
        del layers[name]
        keras3(new, layers)
        refused(folder, new, MISMATCH, OURS[name], "missing")
        legacy(old, layers)
        refused(folder, old, MISMATCH, "the network has 2 and 2")
        layers = some_layers()
        del layers[name][1]
        keras3(new, layers)
        refused(folder, new, MISMATCH, OURS[name], "missing")
        legacy(old, layers)
        refused(folder, old, MISMATCH, name, "1 weights, not kernel and bias")
    for name, shape in [("conv2d_10", (3, 3, 4, 4)), ("dense_2", (5, 5)),
                        ("batch_normalization", (4,))]:
        layers = some_layers()
        layers[name] = [np.ones(shape, np.float32), np.ones(shape[-1], np.float32)]
        keras3(new, layers)
        refused(folder, new, MISMATCH, f"layer {name} has weights")
        legacy(old, layers)
        refused(folder, old, MISMATCH, name, f"a kernel of {len(shape)} dimensions")
    layers = some_layers()
    layers["conv2d_1"][0] = np.zeros((3, 3, 3), np.float32)  # a 1-D convolution's
    keras3(new, layers)
    refused(folder, new, MISMATCH, "conv2.kernel", "3x3x3, but the network takes 3x3x3x4")
    with h5py.File(new, "w") as file:  # a model inside a model
        file.create_group("layers/sequential/layers/conv2d/vars")["0"] = np.zeros((3, 3, 2, 3))
    refused(folder, new, MISMATCH, "layer sequential")


def check_foreign(folder):
    """HDF5 that Keras did not write; names that lead nowhere."""
    path = os.path.join(folder, "x.h5")
    with h5py.File(path, "w") as file:
        file["image/wires"] = np.zeros(4)
    refused(folder, path, FORMAT, "neither")
    with h5py.File(path, "w") as file:
        file["layers"] = np.zeros(4)
    refused(folder, path, FORMAT, "layers")
    for names in [np.zeros(3), np.array([b""]), ["gone"], ["x" * 600], "one"]:
        with h5py.File(path, "w") as file:
            file.create_group("model_weights").attrs["layer_names"] = names
        refused(folder, path, FORMAT)
    with h5py.File(path, "w") as file:
        file.create_group("model_weights")
    refused(folder, path, FORMAT, "layer_names is missing")
    legacy(path, some_layers())
    with h5py.File(path, "r+") as file:
        del file["model_weights/z9_conv2d/model/z9_conv2d/bias"]
    refused(folder, path, FORMAT, "conv1.bias", "no data set")
    layers = some_layers()
    keras3(path, layers)
    with h5py.File(path, "r+") as file:
        del file["layers/conv2d/vars/0"]
        file.create_group("layers/conv2d/vars/0")
    refused(folder, path, FORMAT, "conv1.kernel", "no data set")
    with h5py.File(path, "r+") as file:
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars/0"] = h5py.SoftLink("/gone")
    refused(folder, path, MISMATCH, "conv1", "missing")


def check_damage(folder):
    """A flipped bit in compressed weights is found by the checksum."""
    path = os.path.join(folder, "x.weights.h5")
    layers = some_layers()
    keras3(path, layers)
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", data=layers["dense"][0], fletcher32=True,
                            chunks=(16, 7))
        place = file["layers/dense/vars/0"].id.get_chunk_info(0).byte_offset
    read(folder, path, arena(layers))
    with open(path, "r+b") as file:
        file.seek(place + 5)
        byte = file.read(1)[0]
        file.seek(place + 5)
        file.write(bytes([byte ^ 4]))
    refused(folder, path, FORMAT, "dense1.kernel", "damaged")
    keras3(path, layers)
    with h5py.File(path, "r+") as file:
        kernel = layers["dense"][0]
        del file["layers/dense/vars/0"]
        data = file.create_dataset("layers/dense/vars/0", data=kernel, compression="gzip").id
        data.write_direct_chunk((0, 0), zlib.compress(bytes(8)))
    refused(folder, path, FORMAT, "dense1.kernel", "damaged", "chunk holds 8 bytes")
    os.mkfifo(os.path.join(folder, "pipe"))
    refused(folder, os.path.join(folder, "pipe"), IO, "no regular file")
    keras3(path, layers)
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = h5py.ExternalLink("pipe", "/layers")
    refused(folder, path, MISMATCH, "dense1", "missing")
    with open(path, "w", encoding="ascii") as file:
        file.write("no HDF5 at all\n" * 100)
    refused(folder, path, FORMAT, "not an HDF5 file")
    refused(folder, folder, IO, "is a folder")
    refused(folder, os.path.join(folder, "gone.h5"), IO, "No such file")


def same(file, path, values):
    if path not in file:
        raise Failure(f"{path} is missing")
    found = file[path]
    if found.dtype != values.dtype or found.shape != values.shape:
        raise Failure(f"{path} is {found.dtype} {found.shape}")
    if found[()].tobytes() != values.tobytes():
        raise Failure(f"{path} has other values")


def all_data_sets(file):
    found = []
    file.visititems(lambda name, item: found.append(name) if hasattr(item, "shape") else None)
    return sorted(found)


def write(folder, what, name, values):
    raw, path = os.path.join(folder, "values"), os.path.join(folder, name)
    values.tofile(raw)
    answer = run(what, path, raw)
    if answer.returncode or answer.stderr:
        raise Failure(f"exit code {answer.returncode}: {answer.stderr}")
    return path


def check_written(folder):
    """h5py finds what the arena held under Keras' names, and nothing else."""
    layers = some_layers()
    with h5py.File(write(folder, "write", "x.weights.h5", arena(layers))) as file:
        for name, weights in layers.items():
            for number, values in enumerate(weights):
                same(file, f"layers/{name}/vars/{number}", values)
        if len(all_data_sets(file)) != 8:
            raise Failure(f"other data sets: {all_data_sets(file)}")


def check_dump(folder):
    layers = some_layers()
    logits, probabilities = np.random.default_rng(3).standard_normal((2, 2, 5)).astype(np.float32)
    values = np.concatenate([arena(layers), logits.ravel(), probabilities.ravel()])
    with h5py.File(write(folder, "dump", "dump.h5", values)) as file:
        same(file, "loss", np.array(1 / 3))
        same(file, "logits", logits)
        same(file, "probabilities", probabilities)
        for name, weights in layers.items():
            same(file, f"gradients/{OURS[name]}.kernel", weights[0])
            same(file, f"gradients/{OURS[name]}.bias", weights[1])
        if len(all_data_sets(file)) != 11:
            raise Failure(f"other data sets: {all_data_sets(file)}")


CHECKS = [("a Keras 3 weights file with optimizer is read", check_keras3),
          ("legacy files of Keras 2 and 3 are read in the order of layer_names", check_legacy),
          ("halves, doubles and big endian are converted, other types refused", check_types),
          ("NaN, infinity and overflow are refused with the layer's name", check_values),
          ("weights of other shapes are refused with both shapes", check_shapes),
          ("missing, surplus and other layers are refused", check_layers),
          ("foreign HDF5 is refused", check_foreign),
          ("damaged files are refused", check_damage),
          ("written weights are what h5py reads", check_written),
          ("a step dump is what h5py reads", check_dump)]


def in_folder(check):
    with tempfile.TemporaryDirectory() as folder:
        check(folder)


if __name__ == "__main__":
    sys.exit(tap.run([(title, lambda check=check: in_folder(check)) for title, check in CHECKS]))
