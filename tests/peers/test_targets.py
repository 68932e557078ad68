#!/usr/bin/env python3
"""Tests bench/peers/targets: its table from known figures, and its measurements with the program
itself on small images. Prints TAP."""
import argparse
import importlib.machinery
import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "support"))
import tap
from tap import Skip


def load_targets():
    """The command as a module."""
    path = str(HERE.parent.parent / "bench/peers/targets")
    loader = importlib.machinery.SourceFileLoader("targets", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("targets", loader))
    loader.exec_module(module)
    return module


def options(**changes):
    return argparse.Namespace(larscale=os.environ["LARSCALE"], peers="none", real="none", rounds=1,
                              repetitions=1, **changes)


def entry(name, milliseconds, forward=()):
    return {"name": name, "real_time": milliseconds, "fma_peak": 1e11, "activation_bytes": 59e6,
            **{f"conv{block}_forward_ms": ms for block, ms in forward}}


def test_table():
    """ratios, shares and verdicts follow from the times"""
    targets = load_targets()
    targets.peers = lambda *_: {("step", "openmp"): ("8.0 (7.0 .. 9.0)", 8.0),
                                ("step", "openmp:winograd=1d"): ("9.0 (9.0 .. 9.0)", 9.0)}
    targets.training = lambda *_: {"ranks": [0.9, 1.1, 1.2], "end to end": [0.8], "memory": [149]}
    # 2 x 25 x 10 x 3600^2 operations of block 1 in 129.6 ms: half of the peak. Block 2: 2 x 25 x 10
    # x 64 x 720^2; block 3, 140^2 x 64 x 128; block 4, 25^2 x 128 x 256: all in 244.58 ms.
    forward = [(1, 129.6), (2, 200.0), (3, 40.0), (4, 4.58)]

    def steps(_, *arguments, threads=2):
        one = 100.0 if threads == 2 else 195.0 if "--dense" in arguments else 150.0
        return [entry("step/openmp:fused/dense", one, forward),
                entry("step/openmp:fused:isa=avx2/dense", 190.0, forward)]

    targets.steps = steps
    rows = {title: (text, value, value is not None and reached(value, target))
            for title, target, reached, (text, value) in targets.table(options())}
    for words, value, reached in [
            ("dense step, direct", 8.0, True), ("dense step, Winograd", 9.0, False),
            ("forward of block 1", 50.0, False), ("AVX2 over AVX-512", 1.9, False),
            ("activations", 59.0, True), ("peak memory", 149, True), ("1, dense", 1.95, True),
            ("1, plane of 10k", 1.5, False), ("2 ranks", 1.1, True), ("training, events", 0.8, False)]:
        title = next(title for title in rows if words in title)
        assert abs(rows[title][1] - value) < 1e-9 and rows[title][2] == reached, (title, rows[title])
    blocks = next(rows[title] for title in rows if "blocks 2-4" in title)
    expected = 50 * (640 * 720**2 + 8192 * 140**2 + 32768 * 25**2) / 0.24458 / 1e11 * 100
    assert abs(blocks[1] - expected) < 1e-6, (blocks, expected)
    absent = next(rows[title] for title in rows if "skip exact" in title)
    assert absent[1] is None and "not here" in absent[0], absent


def test_measurements():
    """what is measured in turns and by training can be had from the program"""
    folder = os.environ.get("LARSCALE_DATA")
    real = folder and Path(folder) / "sbnd_cosmic_tagging_light.h5"
    if not real or not real.exists():
        raise Skip("no real events: LARSCALE_DATA names no folder with sbnd_cosmic_tagging_light.h5")
    if not shutil.which("mpirun"):
        raise Skip("no mpirun: two ranks cannot be had")
    targets = load_targets()
    targets.SIZE, targets.EPOCHS = 625, 4
    chosen = options()
    chosen.real = str(real)
    try:
        turns, last = targets.in_turns(chosen)
        with tempfile.TemporaryDirectory() as name:
            found = targets.training(chosen, Path(name))
    except SystemExit as failed:
        raise AssertionError(failed) from None
    assert all(len(values) == 1 and values[0] > 0 for values in turns.values()), turns
    assert last["activation_bytes"] > 1e6, last
    assert all(len(values) == 1 and values[0] > 0 for values in found.values()), found
    assert 20 < found["memory"][0] < 400, found


sys.exit(tap.run(tap.tests_of(globals())))
