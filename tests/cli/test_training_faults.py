"""train under faults: ranks that die or hang, signals, damaged data. It says so, ends, and goes on with
the same bits."""
import os
import signal
import time

import numpy

from interrupted import OPTIONS, begun, checkpoints, goes_on, says_once, until
from program import Skip, info, launcher, main, needs_hdf5, refused, with_trial


@with_trial
def test_kill(trial):
    """kill -9 of the first or the last of 3 ranks ends all within 10 s; resumed, the same bits"""
    expected = trial.weights(*OPTIONS)
    for victim in (0, -1):
        run, points = begun(trial, ranks=3)
        ranks = run.ranks()
        assert len(ranks) == 3, ranks
        os.kill(ranks[victim], signal.SIGKILL)
        assert run.gone_within(10, ranks), "some rank lives on"
        assert run.process.returncode != 0 and "signal 9" in run.err(), run.err()
        left = [name for name in trial.files() if ".partial-" not in name]
        assert not left, left
        goes_on(trial, points, expected)


@with_trial
def test_hang(trial):
    """a rank that is stopped: --time-limit 3 ends the run, which says why; resumed, the same bits"""
    expected = trial.weights(*OPTIONS)
    for victim, overlap in ((0, "on"), (-1, "on"), (-1, "off")):
        run, points = begun(trial, "--time-limit", 3, "--overlap", overlap, ranks=3)
        ranks = run.ranks()
        os.kill(ranks[victim], signal.SIGSTOP)
        start = time.monotonic()
        assert run.gone_within(12, ranks), "some rank lives on"
        assert time.monotonic() - start > 2.5, "ended before the limit"
        assert run.process.returncode == 1, run.process.returncode
        assert "no answer from the other ranks for 3 s" in run.err(), run.err()
        goes_on(trial, points, expected, ranks=1)


@with_trial
def test_signals(trial):
    """SIGTERM, SIGINT and SIGUSR1 end one process in order, exit code 3; resumed, the same bits"""
    expected = trial.weights(*OPTIONS)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        run, points = begun(trial)
        run.process.send_signal(number)
        assert run.process.wait(20) == 3, (number, run.process.returncode, run.err())
        stopped_in_order(trial, run)
        goes_on(trial, points, expected, ranks=1)


@with_trial
def test_last_checkpoint(trial):
    """a signal long before a checkpoint is due: there is one all the same, of the last step"""
    needs_hdf5()
    points = trial.path("points")
    options = ["--global-batch", 5, "--epochs", 1000000]
    run = trial.start(*options, "--checkpoint", points)
    until(lambda: any(name.startswith("history.csv") for name in trial.files()), run, "its record")
    run.process.send_signal(signal.SIGUSR1)
    assert run.process.wait(20) == 3, run.err()
    stopped_in_order(trial, run)
    name, = checkpoints(points)
    more = int(name.rpartition("-")[2]) + 20
    assert trial.weights(*options, "--steps", more, "--resume", points) == trial.weights(*options, "--steps",
                                                                                         more)


def stopped_in_order(trial, run):
    """Message, record and the last checkpoint of a run that was told to stop."""
    line = says_once(run, "stopped by a signal after step ")
    step, points = line.split("step ")[1].split(";")[0], line.split("--resume ")[1]
    assert checkpoints(points)[-1].endswith(f"-step-{step}"), (line, checkpoints(points))
    with open(trial.path(f"run-{trial.runs}/RESULT"), encoding="ascii") as file:
        assert file.read().startswith("RESULT INVALID reason=stopped by a signal")


@with_trial
def test_signal_to_a_rank(trial):
    """SIGTERM or SIGINT to one of 3 ranks ends all in order, exit code 3; resumed, the same bits"""
    expected = trial.weights(*OPTIONS)
    for number, victim in ((signal.SIGTERM, 2), (signal.SIGINT, 1)):
        run, points = begun(trial, ranks=3)
        os.kill(run.ranks()[victim], number)
        assert run.process.wait(20) == 3, (number, run.process.returncode, run.err())
        stopped_in_order(trial, run)
        goes_on(trial, points, expected)


@with_trial
def test_signal_to_the_launcher(trial):
    """SIGUSR1 to mpirun reaches the ranks: the end in order; after SIGTERM to it the run can go on"""
    launcher()
    if not info()["libraries"]["mpi"].startswith("Open MPI"):
        raise Skip("what another launcher than Open MPI's does with SIGUSR1 is its own affair")
    expected = trial.weights(*OPTIONS)
    run, points = begun(trial, ranks=3)
    run.process.send_signal(signal.SIGUSR1)
    assert run.process.wait(20) == 3, (run.process.returncode, run.err())
    stopped_in_order(trial, run)
    goes_on(trial, points, expected)
    run, points = begun(trial, ranks=3)
    run.process.send_signal(signal.SIGTERM)
    assert run.gone_within(10, run.ranks()) and run.process.returncode != 0
    goes_on(trial, points, expected)


@with_trial
def test_shared_memory(trial):
    """too little shared memory for --store node: refused with one line, on all ranks"""
    for ranks in (2, 3):
        refused("train", *trial.options, "--store", "node", ranks=ranks, says="shared memory",
                environment={"LARSCALE_SHARED_MEMORY": "1000"})
    trial.weights("--epochs", 1, "--store", "node", environment={"LARSCALE_SHARED_MEMORY": "1000"})


@with_trial
def test_more_ranks_than_slots(trial):
    """more ranks than images in the global batch: refused with one line"""
    refused("train", *trial.options, "--global-batch", 2, ranks=3, says=["3 ranks", "2"])


@with_trial
def test_bad_event(trial):
    """an event that is not a number is named once, with rank and step, and ends all ranks"""
    trial.images[7, 3:9, 3:9] = 3e38  # its sums are infinite; not a number itself is no pixel
    numpy.save(trial.data, trial.images)
    for ranks in (1, 2, 3):
        line = refused("train", *trial.options, "--global-batch", 6, "--shuffle", "off", "--check-every", 1,
                       ranks=ranks)
        # Slot 1 of the second update of 6: on the first rank.
        for word in ("rank 0: ", "epoch 1, step 2: ", "event 7 "):
            assert word in line, line
    line = refused("train", *trial.options, "--global-batch", 5, "--shuffle", "off", ranks=3)
    assert "rank 1: epoch 1, step 2: " in line and "event 7 " in line, line


@with_trial
def test_second_signal(trial):
    """a second SIGTERM to a rank that waits ends the run at once"""
    run, _ = begun(trial, ranks=2)
    ranks = run.ranks()
    os.kill(ranks[1], signal.SIGSTOP)
    time.sleep(0.5)
    os.kill(ranks[0], signal.SIGTERM)
    assert not run.finished_within(2), "the first signal was enough"
    os.kill(ranks[0], signal.SIGTERM)
    assert run.gone_within(10, ranks), "some rank lives on"
    assert "signal 15" in run.err(), run.err()


main(globals())
