#!/usr/bin/env python3
"""Do float32 steps agree? Compares dumps of larscale step with a peer's (time_step.py --dump).

    agree.py PEER.npz STEP.h5 ..

Prints a JSON object: for each STEP.h5 how far its loss and logits are from the peer's (largest
difference over the largest value) and how far its gradients (Euclidean norm of the difference over
the norm, the worst tensor). This is a check on the images that are timed, at full size: both sides
round, and where two pixels of a pool window are nearly equal they may choose different ones, which
moves a gradient by up to some 1e-3. check.py is the strict one, on smaller images in float64.
"""
import json
import sys

import numpy as np

import network


def largest(values, reference):
    scale = np.abs(reference).max()
    return float(np.abs(values - reference).max() / scale) if scale > 0 else float(np.any(values))


def norm(values, reference):
    scale = np.linalg.norm(reference)
    difference = np.linalg.norm(values - reference)
    return float(difference / scale) if scale > 0 else float(difference)


def distances(path, peer):
    """Infinite where a tensor is missing, of another shape, or not finite."""
    far = {"loss": 0.0, "logits": 0.0, "gradients": 0.0}
    with network.open_hdf5(path) as file:
        for name in peer.files:
            kind, reference = name.split("/")[0], peer[name].astype(np.float64)
            values = np.asarray(file[name][()], np.float64) if name in file else np.nan
            good = np.shape(values) == reference.shape and np.all(np.isfinite(values))
            measure = norm if kind == "gradients" else largest
            far[kind] = max(far[kind], measure(values, reference) if good else np.inf)
    return far


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    peer = np.load(sys.argv[1])
    print(json.dumps({path: distances(path, peer) for path in sys.argv[2:]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
