"""train and its checkpoints: disks that fail, damaged files, and runs that are not the same."""
import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import time

import numpy

from interrupted import OPTIONS, STEPS, begun, checkpoints, goes_on, until
from program import backend_with_settings, backends, history, main, needs_hdf5, refused, small_disk, with_trial


def ends_without_checkpoints(trial, run, points, kept):
    """The run goes on to its end without checkpoints and has its results; the old ones are intact."""
    assert run.process.wait(60) == 1, (run.process.returncode, run.err())
    warnings = [line for line in run.messages() if "warning: no checkpoint after step" in line]
    assert warnings and "training goes on" in warnings[0], run.err()
    assert "the last checkpoint failed" in run.messages()[-1], run.err()
    assert checkpoints(points) == kept, (checkpoints(points), kept)
    with open(trial.path(f"run-{trial.runs}/RESULT"), encoding="ascii") as file:
        assert file.read() == "RESULT VALID\n"
    assert history(trial.path(f"run-{trial.runs}")) == history(trial.path("run-1"))


@contextlib.contextmanager
def stopped(run, points):
    """The run of one rank stands still, between two checkpoints, while something is done to its files.
    Gives the names of the checkpoints."""
    rank, = run.ranks()
    while True:
        os.kill(rank, signal.SIGSTOP)
        until(lambda: state(rank) == "T", run, "the stop")
        kept = checkpoints(points)
        if len(kept) == 2 and not any(name.startswith(".partial-") for name in os.listdir(points)):
            break
        os.kill(rank, signal.SIGCONT)
        time.sleep(0.001)
    try:
        yield kept
    finally:
        os.kill(rank, signal.SIGCONT)


def state(pid):
    with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
        return file.read().rpartition(")")[2].split()[0]


def ignore_file_limit():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


@with_trial
def test_file_limit(trial):
    """files that cannot grow: a warning, old checkpoints intact, results, exit code 1"""
    trial.write("small.network", "blocks 4 8\nkernel 3\npool 5\ndense 40000 3\n")  # beyond samples.csv
    expected = trial.weights(*OPTIONS)
    run, points = begun(trial, preexec=ignore_file_limit)
    with stopped(run, points) as kept:
        resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (1500000, 1500000))
    ends_without_checkpoints(trial, run, points, kept)
    goes_on(trial, points, expected)


@with_trial
def test_full_disk(trial):
    """a disk that is full of something else: the same; and once there is room again, the next one"""
    expected = trial.weights(*OPTIONS)
    with small_disk("400k") as disk:
        points = os.path.join(disk, "points")
        run, _ = begun(trial, points=points)
        with stopped(run, points) as kept:
            fill(disk)
        ends_without_checkpoints(trial, run, points, kept)
        assert "No space left" in run.err(), run.err()
        os.remove(os.path.join(disk, "filler"))
        goes_on(trial, points, expected)
        shutil.rmtree(points)
        run, _ = begun(trial, points=points)
        with stopped(run, points):
            fill(disk)
        until(lambda: "warning" in run.err(), run, "a warning")
        os.remove(os.path.join(disk, "filler"))
        assert run.process.wait(60) == 0, run.err()
        assert checkpoints(points)[-1].endswith(f"-step-{STEPS}"), checkpoints(points)


def fill(disk):
    """Not one block is left."""
    with open(os.path.join(disk, "filler"), "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def without_override():
    """Root as well is bound by permissions from the next program on."""
    if os.geteuid() == 0:
        drop, override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
        if ctypes.CDLL(None).prctl(drop, override, 0, 0, 0):
            os._exit(88)


@with_trial
def test_lost_permission(trial):
    """a folder of checkpoints that nobody may write to any more: the same"""
    expected = trial.weights(*OPTIONS)
    run, points = begun(trial, preexec=without_override)
    with stopped(run, points) as kept:
        os.chmod(points, 0o555)
    ends_without_checkpoints(trial, run, points, kept)
    assert "Permission denied" in run.err(), run.err()
    os.chmod(points, 0o755)
    goes_on(trial, points, expected)


def torn(path):
    os.truncate(path, os.path.getsize(path) // 2)


def flipped(path):
    """One bit in the middle."""
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 4]))


@with_trial
def test_damaged(trial):
    """a torn or bit-flipped file: the older checkpoint is used, which is said; both damaged: refused"""
    needs_hdf5()
    expected = trial.weights(*OPTIONS)
    points, copy = trial.path("points"), trial.path("copy")
    trial.weights("--steps", 50, "--global-batch", 5, "--checkpoint", points, "--checkpoint-steps", 35)
    older, newer = checkpoints(points)
    for name in ("weights.weights.h5", "optimizer.bin", "state.json"):
        for damage in (torn, flipped, os.remove):
            shutil.copytree(points, copy)
            damage(os.path.join(copy, newer, name))
            trial.runs += 1
            run = trial.train("--json", *OPTIONS, "--resume", copy, "--out", trial.path(f"run-{trial.runs}"),
                              ranks=2 if damage is torn else 1)
            line, = [warning for warning in run.warnings() if ": node " not in warning]
            for word in ("warning", newer, name, "damaged", f"going on from {older} instead"):
                assert word in line, line
            assert json.loads(run.out)["weights_checksum"] == expected, (name, damage)
            damage(os.path.join(copy, older, name))
            refused("train", *trial.options, "--optimizer", "adam", "--lr", "0.01", *OPTIONS, "--resume", copy,
                    ranks=2 if damage is torn else 1, says=["no checkpoint in it is whole", name])
            shutil.rmtree(copy)


@with_trial
def test_places(trial):
    """from within an epoch, from its very end and from the end of training: the same rows and bits"""
    needs_hdf5()
    expected = trial.weights("--steps", 9, "--global-batch", 5)  # 3 updates an epoch
    rows = history(trial.path("run-1"))
    for place, steps, left in ((4, 4, 2), (6, 7, 1), (9, 9, 0)):
        points = trial.path(f"points-{place}")
        trial.weights("--steps", steps, "--global-batch", 5, "--checkpoint", points, "--checkpoint-steps", place)
        if steps > place:
            shutil.rmtree(os.path.join(points, checkpoints(points)[-1]))
        assert checkpoints(points)[-1].endswith(f"-step-{place}"), checkpoints(points)
        record = trial.path(f"record-{place}")
        out = trial.train("--steps", 9, "--global-batch", 5, "--resume", points, "--out", record, ranks=2).out
        assert "nan" not in out and f"weights {expected}" in out, out
        found = history(record)
        assert found == rows[len(rows) - len(found):] and len(found) >= left, (place, found)


@with_trial
def test_chain(trial):
    """jobs of one command line: the first begins, the others go on; an empty folder elsewhere is an error"""
    needs_hdf5()
    expected = trial.weights("--steps", 6, "--global-batch", 5)
    points = trial.path("points")
    chain = ["--global-batch", 5, "--checkpoint", points, "--resume", points, "--checkpoint-steps", 1]
    first = trial.train(*chain, "--steps", 2, "--out", trial.path("first"), ranks=2).out
    assert f"no checkpoint in {points} yet: from the beginning" in first, first
    second = trial.train(*chain, "--steps", 6, "--out", trial.path("second")).out
    assert "resumed from" in second and f"weights {expected}" in second, second
    others = trial.path("others")  # the same folder by another name
    third = trial.train("--checkpoint", others, "--resume", f"{others}/.", "--steps", 1, "--out", trial.path("third"))
    assert f"no checkpoint in {others}/. yet: from the beginning" in third.out, third.out
    os.mkdir(trial.path("empty"))
    refused("train", *trial.options, "--resume", trial.path("empty"), says=["empty", "no checkpoint"])
    refused("train", *trial.options, "--resume", trial.path("empty"), "--checkpoint", trial.path("other"),
            says=["empty", "no checkpoint"])


@with_trial
def test_other_run(trial):
    """another lr, seed, data, backend, global batch or optimizer: refused, with both values"""
    needs_hdf5()
    points = trial.path("points")
    trial.weights("--steps", 4, "--global-batch", 5, "--checkpoint", points)
    other = trial.path("other.npy")
    numpy.save(other, trial.images[::-1])
    known = {"--data": trial.data, "--labels": trial.label_file, "--network": trial.network,
             "--optimizer": "adam", "--lr": "0.01", "--steps": 8, "--global-batch": 5, "--resume": points}
    cases = [({"--lr": "0.02"}, ["lr is 0.01", "there, 0.02"]), ({"--seed": 3}, ["seed is 1 there, 3 here"]),
             ({"--data": other}, ["data is "]), ({"--global-batch": 6}, ["global batch is 5 there, 6 here"]),
             ({"--optimizer": "sgd"}, ["optimizer is adam there, sgd here"]),
             ({"--reduction": "float"}, ["reduction is reproducible there, float here"]),
             ({"--lr": "0.02", "--seed": 3}, ["lr is ", "seed is "])]
    last = backends()[-1][0]
    if last != backends()[0][0]:
        cases.append(({"--backend": last}, ["backend is ", f"there, {last}:"]))
    for ranks in (1, 2):
        for changed, words in cases:
            options = [text for option in {**known, **changed}.items() for text in option]
            refused("train", *options, "--out", trial.path("run"), ranks=ranks,
                    says=["of another run: ", *words])
    assert not os.path.exists(trial.path("run"))
    trial.weights("--steps", 8, "--global-batch", 5, "--resume", points)


@with_trial
def test_other_settings(trial):
    """another instruction set, Winograd or skipping: refused, with both values"""
    needs_hdf5()
    backend = backend_with_settings()
    points = trial.path("points")
    known = ["--steps", 4, "--backend", backend, "--isa", "baseline", "--winograd", "off", "--skip", "off"]
    trial.weights(*known, "--checkpoint", points)
    for option, value, words in [("--isa", None, "isa is baseline there, not given here"),
                                 ("--skip", "exact", "skip is off there, exact here"),
                                 ("--winograd", None, "winograd is off there, not given here")]:
        at = known.index(option)
        changed = known[:at] + ([option, value] if value else []) + known[at + 2:]
        refused("train", *trial.options, "--optimizer", "adam", "--lr", "0.01", *changed, "--resume", points,
                "--out", trial.path("run"), says=["of another run: ", words])
    trial.weights(*known[2:], "--steps", 8, "--resume", points)


main(globals())
