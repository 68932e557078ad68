"""The real events: five of SBND, three planes. Too few to learn from; enough to learn by heart."""
import os
import tempfile

import numpy

from program import Skip, backends, larscale, main, real_events, rows, sanitized

OPTIONS = ["--labels", "index", "--plane", "all", "--size", 640, "--scale", 0.01, "--optimizer", "adam",
           "--lr", 0.001]
EPOCHS = 8


def train(folder, name, *more, ranks=1):
    if sanitized():
        raise Skip("the study's network takes too long under the sanitizers")
    out = larscale("train", "--data", real_events(), *OPTIONS, *more, "--out", os.path.join(folder, name),
                   ranks=ranks).out
    assert out.splitlines()[-1] == "RESULT VALID", out
    curve = [float(row["loss"]) for row in rows(os.path.join(folder, name, "history.csv"))]
    return out, numpy.array(curve)


def test_by_heart():
    """every backend learns five real events by heart, three planes, along the same loss curve"""
    curves = {}
    with tempfile.TemporaryDirectory(prefix="larscale-test-") as folder:
        for backend, variant in backends():
            name = f"{backend}-{variant}"
            out, curves[name] = train(folder, name, "--epochs", EPOCHS, "--backend", backend, "--variant",
                                      variant)
            assert "accuracy 100.00% (5 events)" in out, out
    for name, curve in curves.items():
        print("#", name, " ".join(f"{loss:.5f}" for loss in curve))
    first = curves["reference-plain"]
    for name, curve in curves.items():
        # Rounding grows along a training run; the first epochs show whether it is the same one.
        assert numpy.allclose(curve[:3], first[:3], rtol=2e-3), (name, curve, first)


def test_two_ranks():
    """two ranks have the loss curve of one rank with the same global batch"""
    with tempfile.TemporaryDirectory(prefix="larscale-test-") as folder:
        out, two = train(folder, "two", "--epochs", 12, ranks=2)
        assert "accuracy 100.00% (5 events)" in out, out
        _, one = train(folder, "one", "--epochs", 12, "--batch", 2)
    print("# 1 rank ", " ".join(f"{loss:.5f}" for loss in one))
    print("# 2 ranks", " ".join(f"{loss:.5f}" for loss in two))
    assert numpy.allclose(one[:3], two[:3], rtol=2e-3), (one, two)


main(globals())
