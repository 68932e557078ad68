"""train: what must not change the weights, and what does by nature."""
import json
import os

import numpy

from program import Skip, history, main, refused, sanitized, with_trial

UNEVEN = ["--epochs", 3, "--global-batch", 5]  # 12 events: 5, 5, 2 images an update


def losses(trial, run):
    return numpy.array([float(row[2]) for row in history(trial.path(run))])


@with_trial
def test_accumulate(trial):
    """6 images on one rank, 2 ranks x 3 and 3 ranks x 2: the same bits"""
    found = {ranks: trial.weights("--epochs", 3, "--batch", 1, "--accumulate", 6 // ranks, ranks=ranks)
             for ranks in (1, 2, 3)}
    found["at once"] = trial.weights("--epochs", 3, "--batch", 6)
    assert len(set(found.values())) == 1, found


@with_trial
def test_overlap(trial):
    """--overlap on and off, on 1 and 3 ranks: the same bits"""
    found = {(overlap, ranks): trial.weights(*UNEVEN, "--overlap", overlap, ranks=ranks)
             for overlap in ("on", "off") for ranks in (1, 3)}
    assert len(set(found.values())) == 1, found


def communication(trial, run):
    with open(trial.path(f"{run}/env.json"), encoding="utf-8") as file:
        return json.load(file)["communication"]


@with_trial
def test_communication_is_named(trial):
    """overlapped, blocking and why, or none: recorded and said"""
    for ranks, options, word in ((1, [], "none"), (2, [], "overlapped"),
                                 (2, ["--overlap", "off"], "blocking: --overlap off"),
                                 (2, ["--average", "weights"], "blocking: of weights")):
        run = f"said-{word}"
        result = trial.train(*UNEVEN, *options, "--out", trial.path(run), ranks=ranks)
        assert communication(trial, run).startswith(word), (word, communication(trial, run))
        assert f"communication: {word}" in result.out, result.out
    refused("train", *trial.options, "--overlap", "on", "--average", "weights", ranks=2, code=2,
            says=["--overlap on", "--average weights"])


@with_trial
def test_mpi_without_threads(trial):
    """an MPI that serves no threads: blocking, called so, the same bits; --overlap on is refused"""
    library = os.environ.get("MPI_WITHOUT_THREADS")
    if not library:
        raise Skip("this build has no MPI")
    if sanitized():
        raise Skip("the sanitizers' own library must be loaded first")
    expected = trial.weights(*UNEVEN, ranks=2)
    without = {"LD_PRELOAD": library}
    assert trial.weights(*UNEVEN, ranks=2, environment=without) == expected
    assert "serves no thread" in communication(trial, "run-2"), communication(trial, "run-2")
    refused("train", *trial.options, "--overlap", "on", ranks=2, code=77, environment=without,
            says=["--overlap on", "--overlap off"])


@with_trial
def test_prefetch(trial):
    """--prefetch 0, 1 and 3, on 1 and 2 ranks: the same bits"""
    found = {(threads, ranks): trial.weights(*UNEVEN, "--prefetch", threads, ranks=ranks)
             for threads in (0, 1, 3) for ranks in (1, 2)}
    assert len(set(found.values())) == 1, found


@with_trial
def test_store(trial):
    """--store node and private, on 1, 2 and 3 ranks: the same bits and rows of history"""
    found = {(store, ranks): trial.weights(*UNEVEN, "--store", store, ranks=ranks)
             for store in ("private", "node") for ranks in (1, 2, 3)}
    assert len(set(found.values())) == 1, found
    histories = {str(history(trial.path(f"run-{run}"))) for run in range(1, 7)}
    assert len(histories) == 1, histories


@with_trial
def test_reduction(trial):
    """--reduction float: repeats on one rank, and equals the reproducible sum to rounding on any"""
    exact = trial.weights(*UNEVEN)
    found = {ranks: trial.weights(*UNEVEN, "--reduction", "float", ranks=ranks) for ranks in (1, 3)}
    for run in (2, 3):
        assert numpy.allclose(losses(trial, f"run-{run}"), losses(trial, "run-1"), rtol=1e-4), run
    assert trial.weights(*UNEVEN, "--reduction", "float") == found[1]
    assert found[3] != exact, "float is no other sum: the option does nothing"


@with_trial
def test_averaged_weights(trial):
    """--average weights and weights-epoch train, repeat bit for bit, and are not gradients"""
    options = ["--epochs", 15, "--global-batch", 4, "--validation", trial.data, "--validation-labels",
               trial.label_file]
    found = {"gradients": trial.weights(*options, ranks=2)}
    for average in ("weights", "weights-epoch"):
        found[average] = trial.weights(*options, "--average", average, ranks=2)
        rows = history(trial.path(f"run-{trial.runs}"))
        assert float(rows[-1][4]) < 0.5 * float(rows[0][4]), (average, rows)
        assert trial.weights(*options, "--average", average, ranks=2) == found[average], average
    assert len(set(found.values())) == 3, found


@with_trial
def test_share(trial):
    """--share contiguous trains on every event once an epoch, repeats, and is not slots on 2 ranks"""
    options = ["--epochs", 3, "--global-batch", 4, "--share"]
    found = [trial.weights(*options, "contiguous", ranks=2) for _ in range(2)]
    assert found[0] == found[1], found
    assert found[0] != trial.weights(*options, "slots", ranks=2)
    assert [row[1] for row in history(trial.path("run-1"))] == ["3", "6", "9"]
    # Untrained weights: the mean loss over all 12 events, each of them once.
    trial.weights("--epochs", 2, "--global-batch", 4, "--lr", 0)
    untrained = losses(trial, f"run-{trial.runs}")
    for ranks in (1, 2, 3):
        trial.weights(*options, "contiguous", "--lr", 0, ranks=ranks)
        assert numpy.allclose(losses(trial, f"run-{trial.runs}"), untrained[0], rtol=1e-9), ranks


main(globals())
