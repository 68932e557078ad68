"""Writes folders of runs as the drivers leave them (results/README.md), for the tests of figures
and report. MADE UP: every number comes from a formula here, and the host is called "made-up"."""
import csv
import json
import math
import os
import random
import sys

CONFIGURATION = ["run_id", "driver", "backend", "scaling", "nodes", "ranks", "threads", "local_batch",
                 "global_batch", "cache_state", "kind", "quantity"]
STATISTICS = ["n", "median_s", "ci95_lo", "ci95_hi", "min_s", "max_s", "p25", "p75", "p99",
              "events_per_s", "speedup", "efficiency", "base_ranks", "base_time_s"]
SAMPLES = ["run_id", "driver", "backend", "scaling", "nodes", "ranks", "threads", "local_batch",
           "global_batch", "rep", "epoch", "step", "rank", "phase", "time_s", "events", "bytes_disk",
           "bytes_mem", "cache_state", "warmup", "kind"]
HISTORY = ["global_batch", "seed", "kind", "epoch", "step", "loss", "accuracy", "val_loss", "val_accuracy", "lr", "wall_s"]
CONFUSION = ["set", "true_class", "predicted_class", "events", "score_sum"]
ROOFLINE = ["kernel", "flop", "bytes", "seconds", "peak_flops", "peak_bytes_per_s", "kind"]
CLASSES = ["gamma", "e-", "mu", "pi", "K+"]
NODES = [1, 2, 4, 7, 14]


def write_csv(folder, name, columns, rows):
    with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_environment(folder, command, **more):
    environment = {
        "program": {"name": "larscale", "version": "0.1.0", "revision": "0123456789ab",
                    "compiler": "GNU 12.2.0", "flags": "-O3", "build_type": "Release"},
        "machine": {"host": "made-up", "kernel": "Linux 6.1 x86_64", "cpu": "made-up CPU",
                    "processing_units": 16, "cores": 16, "memory_bytes": 64 << 30},
        "libraries": {"mpi": "Open MPI 4.1.4", "hdf5": "1.10.8"},
        "backends": [{"name": "onednn", "available": True, "version": "oneDNN 2.6.3"}],
        "time_utc": "2026-01-02T03:04:05Z", "command_line": command, "ranks": 14, "threads": 16,
        "backend": "onednn:rewritten", "options": {"seed": 1},
        "data": {"files": ["made-up.h5"], "events": 30000, "image_checksum": "0" * 16}, **more}
    with open(os.path.join(folder, "env.json"), "w", encoding="utf-8") as file:
        json.dump(environment, file, indent=1)


def new_run(parent, name, command, result="RESULT VALID", **more):
    folder = os.path.join(parent, name)
    os.makedirs(folder)
    write_environment(folder, command, **more)
    with open(os.path.join(folder, "RESULT"), "w", encoding="utf-8") as file:
        file.write(result + "\n")
    return folder


def summary_row(name, driver, nodes, seconds, base, events, quantity="step", **more):
    return {"run_id": name, "driver": driver, "backend": "onednn:rewritten", "scaling": "strong",
            "nodes": nodes, "ranks": nodes, "threads": 16, "local_batch": 1, "global_batch": nodes,
            "quantity": quantity, "kind": "measured", "n": 12, "median_s": seconds,
            "ci95_lo": 0.97 * seconds, "ci95_hi": 1.04 * seconds, "min_s": 0.96 * seconds, "max_s": 1.06 * seconds,
            "p25": 0.98 * seconds, "p75": 1.02 * seconds, "p99": 1.05 * seconds,
            "events_per_s": events / seconds, "speedup": base / seconds,
            "efficiency": base / seconds / nodes, "base_ranks": 1, "base_time_s": base, **more}


def load_time(parent):
    name = "load-time"
    folder = new_run(parent, name, ["bench", "load-time", "--nodes", "1,2,4,7,14"])
    rows = []
    for form, work in (("sparse", 60.0), ("dense", 900.0)):
        for cache, wait in (("cold", 1.8), ("warm", 1.0)):
            base = work * wait
            for nodes in NODES:
                rows.append(summary_row(name, name, nodes, base / nodes ** 0.93 + 0.4, base + 0.4, 30000,
                                        backend=f"lz4:{form}", quantity="load", cache_state=cache))
    for nodes in (28, 56):
        rows.append(summary_row(name, name, nodes, 60 / nodes ** 0.9 + 0.4, 60.4, 30000,
                                backend="lz4:sparse", quantity="load", cache_state="warm",
                                kind="simulated"))
    write_csv(folder, "summary.csv", CONFIGURATION + STATISTICS, rows)
    samples = []
    for form, slower in (("sparse", 1.0), ("dense", 15.0)):
        for nodes in NODES:
            for rank in range(nodes):
                for phase, seconds in (("read", 9.0), ("inflate", 31.0), ("convert", 6.0),
                                       ("compress", 13.0), ("other", 1.0)):
                    samples.append({"run_id": name, "driver": name, "backend": f"lz4:{form}",
                                    "scaling": "strong", "nodes": nodes, "ranks": nodes, "threads": 1,
                                    "rep": 1, "rank": rank, "phase": phase,
                                    "time_s": slower * seconds / nodes, "events": 30000 // nodes,
                                    "cache_state": "warm", "warmup": 0, "kind": "measured"})
    write_csv(folder, "samples.csv", SAMPLES, samples)


def speedup(parent, name, seconds, kinds, loss):
    """kinds: node counts and what they are; loss: efficiency lost at each doubling."""
    command = ["bench", name, "--nodes", ",".join(str(n) for n, _ in kinds)]
    folder = new_run(parent, name, command)
    rows, samples = [], []
    for nodes, kind in kinds:
        time = seconds / nodes * (1 + loss * math.log2(nodes))
        rows.append(summary_row(name, name, nodes, time, seconds, 300000, kind=kind,
                                quantity="train"))
        if kind != "measured":
            continue
        for step in range(1, 4):
            for rank in range(nodes):
                phases = {"fetch": 0.01, "decompress": 0.03, "forward": 0.31, "backward": 0.55,
                          "allreduce": 0.02 * math.log2(2 * nodes), "update": 0.03, "other": 0.01}
                for phase, one in phases.items():
                    samples.append({"run_id": name, "driver": name, "backend": "onednn:rewritten",
                                    "scaling": "strong", "nodes": nodes, "ranks": nodes, "threads": 16,
                                    "local_batch": 1, "global_batch": nodes, "rep": 1, "epoch": 1,
                                    "step": step, "rank": rank, "phase": phase, "time_s": one,
                                    "events": 1, "warmup": int(step == 1), "kind": kind})
    write_csv(folder, "summary.csv", CONFIGURATION + STATISTICS, rows)
    write_csv(folder, "samples.csv", SAMPLES, samples)


def loss_vs_batch(parent):
    name = "loss-vs-batch"
    folder = new_run(parent, name, ["bench", name, "--nodes", "1,4,14", "--seeds", "3"])
    chance = random.Random(1)
    history = []
    for batch in (1, 4, 14):
        for seed in (1, 2, 3):
            for epoch in range(1, 11):
                loss = 0.35 + 1.2 * math.exp(-epoch * (0.15 + 0.02 * batch))
                loss *= 1 + 0.04 * chance.uniform(-1, 1)
                history.append({"global_batch": batch, "seed": seed,
                                "kind": "measured" if batch == 1 else "emulated", "epoch": epoch,
                                "step": epoch * 30000 // batch, "loss": loss, "accuracy": 1 - loss / 2,
                                "val_loss": loss * 1.05, "val_accuracy": 1 - loss / 1.9, "lr": 0.001,
                                "wall_s": epoch * (3600 / batch ** 0.9 + 20 * chance.random())})
    write_csv(folder, "history.csv", HISTORY, history)
    write_csv(folder, "samples.csv", SAMPLES, [
        {"run_id": name, "driver": name, "backend": "onednn:rewritten", "scaling": "single", "nodes": 1,
         "ranks": 1, "threads": 16, "local_batch": 1, "global_batch": 1, "rep": 1, "epoch": 1,
         "phase": "eval", "time_s": 30, "events": 5000, "warmup": 0, "kind": "measured"}])
    write_confusion(folder)


def write_confusion(folder):
    rows = []
    for t, true in enumerate(CLASSES):
        for p, predicted in enumerate(CLASSES):
            events = 880 if t == p else 0
            if {t, p} == {3, 4}:
                events = 400
            elif {t, p} == {0, 1}:
                events = 25
            rows.append({"set": "validation", "true_class": true, "predicted_class": predicted,
                         "events": events, "score_sum": 0.95 * events})
    write_csv(folder, "confusion.csv", CONFUSION, rows)


def roofline(parent):
    name = "kernels"
    folder = new_run(parent, name, ["kernels"], "RESULT INVALID reason=made up <to be seen> & escaped")
    peaks = {"peak_flops": 1.2e12, "peak_bytes_per_s": 9e10, "kind": "measured"}
    write_csv(folder, "roofline.csv", ROOFLINE, [
        {"kernel": kernel, "flop": flop, "bytes": size, "seconds": seconds, **peaks}
        for kernel, flop, size, seconds in (
            ("conv1 forward", 6.48e9, 3e8, 0.016), ("conv2 forward", 16.59e9, 1.1e8, 0.02),
            ("conv3 forward", 8.49e9, 3e7, 0.011), ("conv4 forward", 1.28e9, 1e7, 0.003),
            ("dense1 forward", 4.1e5, 8.3e5, 2e-5), ("update", 2.5e6, 2e7, 3e-4))])


def make(parent):
    load_time(parent)
    speedup(parent, "cpu-speedup", 3.6e5, [(n, "measured") for n in NODES] +
            [(n, "simulated") for n in (14, 28, 56)] + [(n, "model") for n in (14, 28, 56, 112)], 0.015)
    speedup(parent, "gpu-speedup", 5.2e4, [(n, "measured") for n in (1, 2, 4, 8, 14)], 0.004)
    loss_vs_batch(parent)
    roofline(parent)


if __name__ == "__main__":
    make(sys.argv[1])
