"""Runs the program for the tests of the command line, and prints TAP.

A test is a function whose name begins with test_; its docstring's first line is its title. It fails
by an AssertionError (any exception), and skips by raising Skip(reason)."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "support"),
             os.path.join(HERE, "..", "..", "bench", "reproducibility")]
import processes  # how a run's ranks are found is the commands' there
import tap
from tap import Skip

LARSCALE = os.environ["LARSCALE"]
TIMEOUT = 300


class Result:
    """How a run of the program ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def message(self):
        """The program's own lines on standard error; a launcher adds others. Not the warnings, which
        depend on the machine's number of cores."""
        return [line for line in self.err.splitlines()
                if line.startswith("larscale:") and not line.startswith("larscale: warning:")]

    def warnings(self):
        return [line for line in self.err.splitlines() if line.startswith("larscale: warning:")]


def larscale(*arguments, ranks=1, **options):
    """Runs the program; the exit code must be the expected one (None: any)."""
    command = [LARSCALE, *map(str, arguments)]
    if ranks > 1:
        command = [launcher(), "-np", str(ranks), *command]
    return run(command, **options)


def run(command, expect=0, cwd=None, preexec=None, environment=None, timeout=TIMEOUT):
    """Runs a command that starts the program. environment: variables to set; None takes one away."""
    variables = {k: v for k, v in {**os.environ, **(environment or {})}.items() if v is not None}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=timeout, cwd=cwd, preexec_fn=preexec, env=variables)
    result = Result(done.returncode, done.stdout, done.stderr)
    if expect is not None:
        assert result.code == expect, f"exit code {result.code}, not {expect}: {' '.join(command)}\n" \
                                      f"{result.out[-2000:]}\n{result.err[-2000:]}"
    return result


def refused(*arguments, code=1, says=(), ranks=1, **options):
    """The run fails with that code and exactly one line, which holds the given words."""
    result = larscale(*arguments, ranks=ranks, expect=code, **options)
    lines = result.message()
    assert len(lines) == 1, f"one line expected, got {lines or result.err}"
    for word in [says] if isinstance(says, str) else says:
        assert word in lines[0], f"'{word}' is not in: {lines[0]}"
    return lines[0]


def launcher():
    """mpirun, if the program was built with MPI."""
    if info()["libraries"]["mpi"] == "none":
        raise Skip("this build has no MPI")
    path = os.environ.get("MPIEXEC") or shutil.which("mpirun")
    if not path:
        raise Skip("mpirun is not installed")
    return path


def info():
    """`larscale info --json`."""
    if not hasattr(info, "cached"):
        info.cached = json.loads(larscale("info", "--json").out)
    return info.cached


def backends():
    """Every usable NAME:VARIANT whose times count."""
    return [(b["name"], v) for b in info()["backends"] if b["available"] and not b.get("emulated")
            for v in b["variants"]]


def backend_with_settings():
    """Name of a backend that has --isa, --winograd and --skip."""
    settings = ["--isa", "baseline", "--winograd", "off", "--skip", "off"]
    for backend in json.loads(larscale("info", *settings, "--json").out)["backends"]:
        if backend["available"] and "refused" not in backend:
            return backend["name"]
    raise Skip("no backend of this build has settings of its own kernels")


def needs_hdf5():
    if info()["libraries"]["hdf5"] == "none":
        raise Skip("this build has no HDF5")


def sanitized():
    return "-fsanitize" in info()["program"]["flags"]


def real_events():
    """Path of the real event file."""
    needs_hdf5()
    folder = os.environ.get("LARSCALE_DATA")
    path = folder and os.path.join(folder, "sbnd_cosmic_tagging_light.h5")
    if not path or not os.path.exists(path):
        raise Skip("no real events: LARSCALE_DATA names no folder with sbnd_cosmic_tagging_light.h5")
    return path


class Trial:
    """A folder with a small data set: 12 images of 40 x 40 in 3 classes, told apart by where their
    pixels are, and a small network for them."""

    classes, size = 3, 40

    def __init__(self, folder):
        self.folder, self.runs = folder, 0
        random = numpy.random.default_rng(1)
        self.labels = numpy.arange(12) % self.classes
        self.images = numpy.zeros((12, self.size, self.size), "float32")
        for image, label in zip(self.images, self.labels):
            part = image[:, 13 * label:13 * (label + 1)]
            part += random.random(part.shape) * (random.random(part.shape) < 0.2)
        self.data, self.label_file = self.path("images.npy"), self.path("labels.npy")
        numpy.save(self.data, self.images)
        numpy.save(self.label_file, self.labels)
        self.network = self.path("small.network")
        self.write("small.network", "blocks 4 8\nkernel 3\npool 5\ndense 8 3\n")
        self.validation = ["--validation", self.data, "--validation-labels", self.label_file]
        self.options = ["--data", self.data, "--labels", self.label_file, "--network", self.network]

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        return self.path(name)

    def train(self, *more, **options):
        return larscale("train", *self.options, "--optimizer", "adam", "--lr", "0.01", *more, **options)

    def weights(self, *more, **options):
        """Trains: the checksum of the weights. The record is in folder run-NUMBER."""
        self.runs += 1
        return json.loads(self.train("--json", "--out", self.path(f"run-{self.runs}"), *more,
                                     **options).out)["weights_checksum"]

    def start(self, *more, **options):
        """Starts to train and does not wait for the end. The record is in folder run-NUMBER."""
        return self.launch("train", *self.options, "--optimizer", "adam", "--lr", "0.01", "--json", *more,
                           **options)

    def launch(self, *arguments, ranks=1, environment=None, preexec=None):
        """Starts the program and does not wait for the end. The record is in folder run-NUMBER."""
        self.runs += 1
        command = [LARSCALE, *map(str, arguments), "--out", self.path(f"run-{self.runs}")]
        if ranks > 1:
            command = [launcher(), "-np", str(ranks), *command]
        return processes.Run(command, LARSCALE, self.path(f"run-{self.runs}.log"),
                             {**os.environ, **(environment or {})}, preexec)

    def files(self):
        """Of the last run's record."""
        folder = self.path(f"run-{self.runs}")
        return os.listdir(folder) if os.path.isdir(folder) else []


def with_trial(test):
    """Gives the test a Trial in a folder of its own."""

    def run():
        with tempfile.TemporaryDirectory(prefix="larscale-test-") as folder:
            test(Trial(folder))

    run.__doc__ = test.__doc__
    return run


@contextlib.contextmanager
def small_disk(size):
    """A folder that is a mounted file system of that size."""
    with tempfile.TemporaryDirectory(prefix="larscale-disk-") as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "larscale-test", folder],
                              capture_output=True, check=False)
        if done.returncode:
            raise Skip("mounting a small file system is not allowed here")
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=False)


def rows(path):
    """A CSV file as a list of dictionaries (only the standard library: cells may be quoted)."""
    import csv
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def history(folder):
    """A run's history as tuples of text from epoch to lr: what does not depend on time."""
    return [tuple(value for name, value in row.items() if name not in ("global_batch", "seed", "kind", "wall_s"))
            for row in rows(os.path.join(folder, "history.csv"))]


def main(names):
    """Runs the tests of a module (its globals()), in order."""
    sys.exit(tap.run(tap.tests_of(names)))
