"""larscale step: several backends in turns, dense images, its table and its JSON."""
import json
import re

import numpy

from program import backends, larscale, main, refused, rows, with_trial
from sweeps import check_schema, verdict

COUNTERS = ["loss", "batch", "active_pixels", "model_bytes", "activation_bytes", "peak_memory_bytes",
            "dense_equivalent_flop", "dense_equivalent_share", "fma_peak", "conv1_forward_ms",
            "conv2_backward_ms", "dense2_forward_ms"]


def step(*arguments):
    """Entries of `larscale step --json`, as lists by name."""
    out = json.loads(larscale("step", *arguments, "--json").out)
    assert set(out["context"]) >= {"date", "host_name", "executable", "num_cpus", "revision"}, out["context"]
    found = {}
    for entry in out["benchmarks"]:
        found.setdefault(entry["name"], []).append(entry)
    return found


@with_trial
def test_several(trial):
    """all variants on events and on dense images, with every counter, in Google Benchmark's schema"""
    found = step(*trial.options, "--batch", 2, "--backend", "variants", "--dense", "--repetitions", 3)
    names = [f"step/{backend}:{variant}{kind}" for backend, variant in backends() for kind in ("", "/dense")]
    assert list(found) == names, list(found)
    for name, entries in found.items():
        assert [entry["repetition_index"] for entry in entries] == [0, 1, 2], name
        for entry in entries:
            assert entry["run_type"] == "iteration" and entry["time_unit"] == "ms", entry
            assert entry["real_time"] > 0 and entry["iterations"] == 1 and entry["run_name"] == name, entry
            assert set(COUNTERS) <= set(entry), set(COUNTERS) - set(entry)
            layers = sum(value for key, value in entry.items() if re.fullmatch(r"\w+\d_\w+ward_ms", key))
            assert 0 < layers <= entry["real_time"], entry
            rate = entry["dense_equivalent_flop"] / (1e-3 * entry["real_time"])
            assert abs(rate / entry["fma_peak"] / entry["dense_equivalent_share"] - 1) < 1e-9, entry
            assert 0 < entry["activation_bytes"] <= entry["model_bytes"] < entry["peak_memory_bytes"], entry
            pixels = 2 * trial.size**2 if name.endswith("dense") else numpy.count_nonzero(trial.images[:2])
            assert entry["active_pixels"] == pixels, (entry["active_pixels"], pixels)


@with_trial
def test_roofline(trial):
    """--out: a record with the roofline of every layer on dense images, under peaks of this machine"""
    folder = trial.path("roofline")
    larscale("step", "--network", trial.network, "--size", trial.size, "--dense", "--repetitions", 6, "--out", folder)
    assert verdict(folder) == "RESULT VALID"
    check_schema(folder)
    table = rows(f"{folder}/roofline.csv")
    layers = ("conv1", "conv2", "dense1", "dense2")
    assert [row["kernel"] for row in table] == [f"{l} {w}" for l in layers for w in ("forward", "backward")]
    # 3 x 3 kernels, 1 to 4 channels: 2 x 9 x 4 operations a pixel; the first layer has no gradient of its input.
    assert [float(row["flop"]) for row in table[:2]] == [2 * 9 * 4 * trial.size**2] * 2
    assert float(table[3]["flop"]) == 2 * float(table[2]["flop"])
    assert len({(row["peak_flops"], row["peak_bytes_per_s"]) for row in table}) == 1
    assert all(float(row[name]) > 0 for row in table for name in ("bytes", "seconds", "peak_flops", "peak_bytes_per_s"))
    steps = [row for row in rows(f"{folder}/samples.csv") if row["phase"] == "forward"]
    assert len(steps) == 6
    refused("step", *trial.options, "--out", trial.path("none"), code=2, says="give --dense")
    refused("step", "--network", trial.network, "--size", trial.size, "--dense", "--out", folder, code=2,
            says="holds a run already")
    larscale("step", "--network", trial.network, "--size", trial.size, "--dense", "--repetitions", 2, "--out",
             trial.path("few"), expect=1)
    assert verdict(trial.path("few")).startswith("RESULT INVALID reason=too few repetitions")


@with_trial
def test_losses(trial):
    """every backend sees the same images and weights"""
    for kind in ("", "/dense"):
        entries = [e for name, found in step(*trial.options, "--backend", "all", "--dense").items()
                   for e in found if name.endswith("/dense") == bool(kind)]
        losses = [entry["loss"] for entry in entries]
        assert max(losses) - min(losses) < 1e-5, losses


@with_trial
def test_event(trial):
    """--event names the first event of the batch"""
    def loss(*options):
        return step(*trial.options, "--backend", "reference", *options)["step/reference:plain"][0]["loss"]

    losses, both = [loss("--event", event) for event in (0, 1)], loss("--batch", 2)
    assert losses[0] != losses[1] and abs(sum(losses) / 2 - both) < 1e-6, (losses, both)
    refused("step", *trial.options, "--event", 12, code=2, says=["--event 12", "0 to 11"])
    refused("step", *trial.options, "--event", 10, "--batch", 3, code=2, says="2 events from --event on")


@with_trial
def test_table(trial):
    """the table has a row for each backend and the peak it is compared with"""
    out = larscale("step", *trial.options, "--backend", "reference", "--dense", "--repetitions", 2).out
    for words in ["2 repetitions", "peak of fused multiply-adds", "GFLOP/s", "\nreference:plain ",
                  "\nreference:plain/dense ", "of peak", "forward / backward, ms", "activations",
                  "kernels of reference:plain: conv1: "]:
        assert words in out, (words, out)


def test_dense_alone():
    """without events, --dense makes images of --size and --plane"""
    found = step("--dense", "--size", 625, "--backend", "reference", "--warmup", 0)
    assert list(found) == ["step/reference:plain/dense"], found
    assert found["step/reference:plain/dense"][0]["active_pixels"] >= 625 * 625 - 1
    refused("step", "--dense", "--size", 600, says="--size 625")
    refused("step", "--dense", "--event", 0, code=2, says="--event needs events")


@with_trial
def test_usage(trial):
    """wrong lists of backends, and dumps of more than one, are refused"""
    run = ["step", *trial.options, "--backend"]
    for text, words in [("reference,reference:plain", "named twice"), ("reference,", "commas"),
                        (",reference", "commas"), ("reference,,reference", "commas"),
                        ("reference,tensorflow", ["tensorflow", "no such backend"])]:
        refused(*run, text, code=2, says=words)
    refused(*run, "variants", "--variant", "plain", code=2, says="--variant")
    refused(*run, "reference", "--dense", "--dump", trial.path("x.h5"), code=2, says="--dump is for one")


main(globals())
