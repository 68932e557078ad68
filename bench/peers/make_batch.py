#!/usr/bin/env python3
"""Makes a batch of images and labels as .npy files, for check.py, time_step.py and compare.

noise: every pixel a random number, so that no two pixels of a pool window are equal.
tracks: straight lines on zeros; about as empty (99%) as a zero-suppressed plane.
--of: those of another file, as larscale convert writes them.
"""
import argparse

import numpy as np

from network import CLASSES


def noise(size, planes, source):
    return source.random((size, size, planes), dtype=np.float32)


def tracks(size, planes, source):
    image = np.zeros((size, size, planes), np.float32)
    for plane in range(planes):
        for _ in range(20):
            start, end = source.uniform(0, size - 4, (2, 2))
            points = np.linspace(start, end, 2 * size).astype(int)
            for width in range(4):
                image[points[:, 0] + width, points[:, 1], plane] = source.uniform(5, 50, 2 * size)
    return np.round(image)


def make_batch(size, planes, batch, kind, seed):
    source = np.random.default_rng(seed)
    make = {"noise": noise, "tracks": tracks}[kind]
    images = np.stack([make(size, planes, source) for _ in range(batch)])
    return images, (np.arange(batch) % CLASSES).astype(np.int32)


def cut_batch(path, batch, first):
    """Images of another file, labels of the file beside it."""
    images = np.load(path, mmap_mode="r")[first:first + batch]
    labels = np.load(path.removesuffix(".npy") + ".labels.npy")[first:first + batch]
    if len(images) < batch:
        raise SystemExit(f"{path}: no {batch} images from number {first} on")
    return images, labels


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", help="float32 [batch, size, size, planes]")
    parser.add_argument("labels", help="int32 [batch]: 0, 1, .. in turn")
    parser.add_argument("--size", type=int, default=3600)
    parser.add_argument("--planes", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--kind", choices=["noise", "tracks"], default="noise")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--of", help="take them from this .npy instead, labels from X.labels.npy")
    parser.add_argument("--first", type=int, default=0, help="the first one of those")
    options = parser.parse_args()
    if options.of:
        images, labels = cut_batch(options.of, options.batch, options.first)
    else:
        images, labels = make_batch(options.size, options.planes, options.batch, options.kind,
                                    options.seed)
    np.save(options.images, images)
    np.save(options.labels, labels)


if __name__ == "__main__":
    main()
