"""What the tests of larscale bench share."""
import json
import os
import subprocess
import sys
from statistics import median

from program import larscale, rows

PHASES = {"fetch", "decompress", "forward", "backward", "allreduce", "update", "other"}
LOAD_PHASES = {"read", "inflate", "convert", "compress", "other"}
READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "record", "read_results.py")
# The ranks of a test may well share cores.
SHARED = ["--oversubscribe"]


def bench(trial, driver, *more, name="run", **options):
    """Runs a driver on the trial's data: (result, folder)."""
    data = trial.options[:4] if driver == "load-time" else trial.options
    folder = trial.path(name)
    return larscale("bench", driver, *data, "--out", folder, *more, **options), folder


def table(folder, name):
    return rows(os.path.join(folder, name))


def environment(folder):
    with open(os.path.join(folder, "env.json"), encoding="utf-8") as file:
        return json.load(file)


def verdict(folder):
    with open(os.path.join(folder, "RESULT"), encoding="utf-8") as file:
        return file.read().strip()


def check_schema(folder):
    """The reader of the schema page finds nothing wrong."""
    done = subprocess.run([sys.executable, READER, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def slowest(samples, phase):
    """Times of a phase by (backend, nodes): of each repetition the slowest rank's, warm-up left out."""
    times = {}
    for row in samples:
        if row["phase"] == phase and row["warmup"] == "0":
            unit = times.setdefault((row["backend"], int(row["nodes"])), {})
            unit[row["rep"]] = max(unit.get(row["rep"], 0), float(row["time_s"]))
    return {key: list(unit.values()) for key, unit in times.items()}


def medians(samples, phase):
    return {key: median(times) for key, times in slowest(samples, phase).items()}
