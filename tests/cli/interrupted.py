"""Training runs to which something happens on the way, and how they go on."""
import os
import time

from program import history, needs_hdf5

STEPS = 800
# 12 events: 5, 5, 2 images an update. Checkpoints slow the run down, so that there is time for faults.
OPTIONS = ["--steps", STEPS, "--global-batch", 5]
POINTS = ["--checkpoint-steps", 1, "--checkpoint"]


def checkpoints(folder):
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(name for name in names if name.startswith("checkpoint-"))


def until(condition, run, what):
    """Waits for a condition while a run goes on."""
    end = time.monotonic() + 60
    while not condition():
        assert run.process.poll() is None, f"the run ended before {what}: {run.err()}{run.out()}"
        assert time.monotonic() < end, f"no {what} within 60 s"
        time.sleep(0.005)


def begun(trial, *more, ranks=1, points=None, **options):
    """A run that has written checkpoints to points-NUMBER: (run, that folder)."""
    needs_hdf5()
    points = points or trial.path(f"points-{trial.runs}")
    run = trial.start(*OPTIONS, *POINTS, points, *more, ranks=ranks, **options)
    until(lambda: len(checkpoints(points)) > 1, run, "two checkpoints")
    return run, points


def goes_on(trial, points, expected, ranks=2, more=()):
    """Resumes: the weights and the rows of history must be the undisturbed run's, run-1."""
    assert trial.weights(*OPTIONS, "--resume", points, *more, ranks=ranks) == expected, points
    known, rows = history(trial.path("run-1")), history(trial.path(f"run-{trial.runs}"))
    assert rows and rows == known[-len(rows):], (rows[0], known[-len(rows)])


def says_once(run, words):
    lines = [line for line in run.messages() if words in line]
    assert len(lines) == 1, f"'{words}' not once in: {run.err()}"
    return lines[0]
