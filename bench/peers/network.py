"""The study's network in Keras and in PyTorch with the same weights.

Four blocks of convolution 5x5 ('same') + ELU + max-pool 5 with 10, 64, 128, 256 channels, then
dense 32 + ELU and dense 5; the output is the logits. Weights are a dictionary of NumPy arrays named
as the suite names them (conv1.kernel .. dense2.bias) in Keras' axis order: kernels HWIO, dense
(in, out), the input of the first dense layer flattened with the channels last.
"""
import numpy as np

CHANNELS = (10, 64, 128, 256)
DENSE = (32, 5)
KERNEL = POOL = 5
CLASSES = DENSE[-1]
LAYERS = {"conv1": "conv2d", "conv2": "conv2d_1", "conv3": "conv2d_2", "conv4": "conv2d_3",
          "dense1": "dense", "dense2": "dense_1"}  # ours: Keras' own name


def shapes(size, planes):
    """Shape of every kernel, by layer."""
    found, inputs, side = {}, planes, size
    for number, channels in enumerate(CHANNELS, 1):
        found[f"conv{number}"] = (KERNEL, KERNEL, inputs, channels)
        inputs, side = channels, side // POOL
    if side < 1:
        raise SystemExit(f"size {size} is too small: four pools of 5 need 625 or more")
    inputs *= side * side
    for number, outputs in enumerate(DENSE, 1):
        found[f"dense{number}"] = (inputs, outputs)
        inputs = outputs
    return found


def glorot_weights(size, planes, seed=1):
    """Keras' initial values: kernels Glorot uniform, zero biases."""
    source = np.random.default_rng(seed)
    weights = {}
    for layer, shape in shapes(size, planes).items():
        area = np.prod(shape[:-2])
        limit = np.sqrt(6 / (area * (shape[-2] + shape[-1])))
        weights[f"{layer}.kernel"] = source.uniform(-limit, limit, shape).astype(np.float32)
        weights[f"{layer}.bias"] = np.zeros(shape[-1], np.float32)
    return weights


def open_hdf5(path):
    import h5py
    try:
        return h5py.File(path)
    except OSError as error:
        raise SystemExit(f"{path}: no HDF5 file that can be read: {error}") from None


def read_weights(path, size, planes):
    """From a .weights.h5 as the suite or Keras writes it."""
    weights = {}
    with open_hdf5(path) as file:
        for layer, shape in shapes(size, planes).items():
            kernel, bias = (file[f"layers/{LAYERS[layer]}/vars/{n}"][()] for n in "01")
            if kernel.shape != shape:
                raise SystemExit(f"{path}: {layer} is {kernel.shape}, but {shape} at size {size}")
            weights[f"{layer}.kernel"], weights[f"{layer}.bias"] = kernel, bias
    return weights


def write_weights(path, weights):
    import h5py
    with h5py.File(path, "w") as file:
        for name, values in weights.items():
            layer, part = name.split(".")
            file[f"layers/{LAYERS[layer]}/vars/{0 if part == 'kernel' else 1}"] = values


def keras_network(weights, size, planes, dtype="float32"):
    """A Keras model; its trainable variables are in the order of weights."""
    import keras
    layers = [keras.Input((size, size, planes))]
    for channels in CHANNELS:
        layers += [keras.layers.Conv2D(channels, KERNEL, padding="same", activation="elu",
                                       dtype=dtype),
                   keras.layers.MaxPooling2D(POOL, dtype=dtype)]
    layers += [keras.layers.Flatten(dtype=dtype),
               keras.layers.Dense(DENSE[0], activation="elu", dtype=dtype),
               keras.layers.Dense(DENSE[1], dtype=dtype)]
    model = keras.Sequential(layers)
    model.set_weights(list(weights.values()))
    return model


def to_torch(name, values):
    """A weight, or its gradient, in PyTorch's axis order: OIHW, dense (out, in)."""
    if values.ndim == 4:
        return values.transpose(3, 2, 0, 1)
    return values.T if name.endswith("kernel") else values


def from_torch(name, values):
    if values.ndim == 4:
        return values.transpose(2, 3, 1, 0)
    return values.T if name.endswith("kernel") else values


def torch_network(weights, dtype="float32"):
    """A PyTorch module, channels last; its parameters are in the order of weights."""
    import torch
    from torch import nn

    class Network(nn.Module):
        """Takes [batch, channels, rows, columns]."""

        def __init__(self):
            super().__init__()
            kernels = [values.shape for name, values in weights.items() if name.endswith("kernel")]
            self.convolutions = nn.ModuleList(
                nn.Conv2d(shape[2], shape[3], KERNEL, padding="same") for shape in kernels[:4])
            self.dense = nn.ModuleList(nn.Linear(*shape) for shape in kernels[4:])

        def forward(self, images):
            for convolution in self.convolutions:
                images = nn.functional.max_pool2d(nn.functional.elu(convolution(images)), POOL)
            flat = images.permute(0, 2, 3, 1).flatten(1)  # Keras flattens with the channels last
            return self.dense[1](nn.functional.elu(self.dense[0](flat)))

    model = Network().to(dtype=getattr(torch, dtype), memory_format=torch.channels_last)
    with torch.no_grad():
        for parameter, (name, values) in zip(model.parameters(), weights.items(), strict=True):
            parameter.copy_(torch.tensor(to_torch(name, values).copy()))
    return model


def to_torch_images(images, dtype="float32"):
    """[batch, rows, columns, planes] becomes [batch, planes, rows, columns], channels last."""
    import torch
    return torch.tensor(images, dtype=getattr(torch, dtype)).permute(0, 3, 1, 2).contiguous(
        memory_format=torch.channels_last)


def read_batch(images_path, labels_path, count=None):
    """float32 [batch, rows, columns, planes] and labels [batch] from .npy files."""
    images = np.load(images_path, mmap_mode="r")
    labels = np.load(labels_path)
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.shape[1] != images.shape[2]:
        raise SystemExit(f"{images_path}: {images.shape} are no square images")
    if len(labels) != len(images):
        raise SystemExit(f"{labels_path}: {len(labels)} labels of {len(images)} images")
    if count and count > len(images):
        raise SystemExit(f"{images_path}: {len(images)} images are no batch of {count}")
    count = count or len(images)
    return np.array(images[:count], np.float32), np.array(labels[:count], np.int64)


def main():
    """network.py FILE.weights.h5 SIZE [PLANES]: writes Glorot weights."""
    import sys
    if len(sys.argv) not in (3, 4) or not all(a.isdigit() for a in sys.argv[2:]):
        raise SystemExit(f"usage: {main.__doc__}")
    size, planes = int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    write_weights(sys.argv[1], glorot_weights(size, planes))


if __name__ == "__main__":
    main()
