"""Near-ties of max-pools: which of two nearly equal pixels wins.

A float32 step may choose another pixel of a pool window than a float64 one where the two largest
values agree to float32's precision; the gradient then takes another path, and neither is wrong.
explain() finds the windows whose winner and runner-up are that close, and swaps, one by one, those
that bring the float64 gradients nearer to the suite's. Nothing but such windows is ever swapped, so
that a wrong gradient stays wrong.
"""
import numpy as np

import network

GAP = 5e-6  # winner and runner-up closer than this share of the layer's largest value
TYPICAL_GAP = 3e-7  # of windows that float32 does decide otherwise: a few times its precision
EXACT = 1e-13  # equal in float64 too: both steps see the same tie, and the first one wins
WORTHWHILE = 0.9  # a swap must take away a tenth of the squared difference
MOST_WINDOWS = 24  # those that are expected to matter most, over all layers


class TiedNetwork:
    """The network in PyTorch, float64, with pools whose winners can be chosen."""

    def __init__(self, weights, images, labels):
        import torch
        self.torch = torch
        self.weights = weights
        self.images = network.to_torch_images(images, "float64")
        self.labels = torch.tensor(labels)
        self.model = network.torch_network(weights, "float64")
        self.pooled = []  # per pool: (windows, output) of the last step

    def pool(self, activation, swapped):
        """swapped: flat numbers of output pixels that take the runner-up."""
        side = activation.shape[-1] // network.POOL
        cut = activation[..., :side * network.POOL, :side * network.POOL]
        batch, channels = cut.shape[:2]
        windows = cut.reshape(batch, channels, side, network.POOL, side, network.POOL)
        windows = windows.permute(0, 1, 2, 4, 3, 5).reshape(batch, channels, side, side, -1)
        best = windows.detach().argmax(dim=-1)
        if swapped:
            chosen = list(swapped)
            flat = windows.detach().reshape(-1, windows.shape[-1])[chosen]
            best.view(-1)[chosen] = flat.topk(2, dim=-1).indices[:, 1]
        output = windows.gather(-1, best.unsqueeze(-1)).squeeze(-1)
        if output.requires_grad:
            output.retain_grad()
        self.pooled.append((windows.detach(), output))
        return output

    def gradients(self, swaps):
        """swaps: pairs (pool, output pixel). Returns gradients by name."""
        functional = self.torch.nn.functional
        self.pooled = []
        self.model.zero_grad()
        values = self.images
        for number, convolution in enumerate(self.model.convolutions):
            values = self.pool(functional.elu(convolution(values)),
                               {pixel for pool, pixel in swaps if pool == number})
        flat = values.permute(0, 2, 3, 1).flatten(1)
        logits = self.model.dense[1](functional.elu(self.model.dense[0](flat)))
        functional.cross_entropy(logits, self.labels).backward()
        return {f"gradients/{name}": network.from_torch(name, parameter.grad.numpy().copy())
                for name, parameter in zip(self.weights, self.model.parameters(), strict=True)}

    def near_ties(self):
        """Of the last step: (pool, output pixel), the largest gradients with the closest values
        first."""
        found = []
        for number, (windows, output) in enumerate(self.pooled):
            two = windows.reshape(-1, windows.shape[-1]).topk(2, dim=-1).values
            gap = ((two[:, 0] - two[:, 1]) / windows.abs().max()).numpy()
            gradient = output.grad.abs().reshape(-1).numpy()
            for pixel in np.flatnonzero((gap < GAP) & (gap > EXACT) & (gradient > 0)):
                likely = 1 / (1 + (gap[pixel] / TYPICAL_GAP) ** 2)
                found.append((gradient[pixel] * likely, number, int(pixel)))
        found.sort(reverse=True)
        return [(pool, pixel) for _, pool, pixel in found[:MOST_WINDOWS]]


def distance(ours, gradients):
    """Sum over the tensors of the squared difference, each relative to the tensor's norm."""
    return sum(np.sum((ours[name] - values) ** 2) / np.sum(values ** 2)
               for name, values in gradients.items() if np.any(values))


def explain(weights, images, labels, ours, is_near):
    """Tries swaps until is_near(gradients). Returns (number of near-ties, windows swapped, what the
    swaps add to each gradient)."""
    tied = TiedNetwork(weights, images, labels)
    plain = tied.gradients([])
    candidates = tied.near_ties()
    swaps, best, nearest = [], plain, distance(ours, plain)
    for window in candidates:
        if is_near(best):
            break
        tried = tied.gradients(swaps + [window])
        further = distance(ours, tried)
        if further < WORTHWHILE * nearest:
            swaps, best, nearest = swaps + [window], tried, further
    return len(candidates), swaps, {name: best[name] - plain[name] for name in plain}
