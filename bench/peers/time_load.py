#!/usr/bin/env python3
"""Times loading one event the way the study's workflow did: h5py reads the event from a KevLAr file
(three planes, all ticks), the collection plane is cut and rebinned to the network's image, and
python-blosc compresses it. One core. Output: see protocol.py, with read_seconds, cut_seconds and
compress_seconds. The file is in the page cache after the warm-up, as it is for the suite.
"""
import argparse
import time

import blosc
import h5py
import numpy as np

import protocol


def cut(event, options):
    """[ticks, wires] of one plane becomes the float32 image [size, size]; zeros where it ends."""
    rows = min((event.shape[0] - options.first_tick) // options.rebin, options.size)
    columns = min(event.shape[1], options.size)
    ticks = event[options.first_tick:options.first_tick + rows * options.rebin, :columns]
    image = np.zeros((options.size, options.size), np.float32)
    image[:rows, :columns] = ticks.reshape(rows, options.rebin, columns).sum(axis=1)
    return image


def load(images, number, options):
    times = [time.perf_counter()]
    event = images[number]
    times.append(time.perf_counter())
    image = cut(event[options.plane], options)
    times.append(time.perf_counter())
    packed = blosc.compress(image, typesize=4, clevel=options.level, cname=options.codec)
    times.append(time.perf_counter())
    read, cut_, compress = np.diff(times)
    return {"seconds": times[-1] - times[0], "read_seconds": read, "cut_seconds": cut_,
            "compress_seconds": compress, "packed_bytes": len(packed)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="KevLAr file")
    parser.add_argument("--producer", help="wires or rawdigits; default: what the file has")
    parser.add_argument("--plane", type=int, default=2)
    parser.add_argument("--rebin", type=int, default=2)
    parser.add_argument("--first-tick", type=int, default=2400)
    parser.add_argument("--size", type=int, default=3600)
    parser.add_argument("--codec", default="lz4")
    parser.add_argument("--level", type=int, default=5)
    protocol.add_options(parser)
    options = parser.parse_args()
    blosc.set_nthreads(1)
    with h5py.File(options.data) as file:
        images = file["image"][options.producer or next(iter(file["image"]))]
        turn = iter(range(1 << 62))
        protocol.serve(options, "python", lambda: load(images, next(turn) % len(images), options),
                       threads=1, events=len(images),
                       version=f"h5py {h5py.__version__}, blosc {blosc.__version__}")


if __name__ == "__main__":
    main()
