"""Bad input: one line that says what, where and what to do; a documented exit code; every rank ends;
nothing is left under a final name."""
import os
import resource
import signal
import subprocess

import numpy

from program import larscale, main, needs_hdf5, real_events, refused, small_disk, with_trial


@with_trial
def test_missing_file(trial):
    """a missing file is named, on one rank and on two"""
    for command in ("train", "inspect", "load", "step"):
        refused(command, "--data", trial.path("none.h5"), says="none.h5")
    refused("train", "--data", trial.path("none.h5"), ranks=2, says="none.h5")


@with_trial
def test_empty_folder(trial):
    """a folder and a glob without event files are named"""
    os.mkdir(trial.path("empty"))
    refused("train", "--data", trial.path("empty"), code=None, says="empty")
    refused("train", "--data", trial.path("*.nothing"), code=None, says="*.nothing")


@with_trial
def test_foreign_file(trial):
    """a file of no known format"""
    trial.write("text.h5", "this is no event file\n" * 100)
    refused("train", "--data", trial.path("text.h5"), says="text.h5")
    trial.write("nothing.h5", "")
    refused("train", "--data", trial.path("nothing.h5"), says="nothing.h5")


@with_trial
def test_truncated(trial):
    """a truncated array"""
    with open(trial.data, "rb") as file:
        whole = file.read()
    with open(trial.path("cut.npy"), "wb") as file:
        file.write(whole[:-100])
    refused("train", "--data", trial.path("cut.npy"), "--labels", "index", says="cut.npy")


@with_trial
def test_truncated_hdf5(trial):
    """truncated and bit-flipped HDF5 files never crash the program"""
    with open(real_events(), "rb") as file:
        whole = file.read()
    random = numpy.random.default_rng(3)
    for i in range(12):
        damaged = bytearray(whole)
        if i < 4:
            del damaged[int(len(whole) * (i + 1) / 5):]
        else:
            for _ in range(200):
                damaged[random.integers(len(damaged))] ^= 1 << random.integers(8)
        with open(trial.path("damaged.h5"), "wb") as file:
            file.write(damaged)
        result = larscale("load", trial.path("damaged.h5"), "--warmup", 0, expect=None)
        assert result.code in (0, 1), result.err
        if result.code:
            assert len(result.message()) == 1 and "damaged.h5" in result.message()[0], result.err
        else:
            assert i >= 4, "a truncated file was accepted"


@with_trial
def test_wrong_arrays(trial):
    """arrays of another type, order, rank, or without events"""
    for name, array in [("double", trial.images.astype("float64")), ("big", trial.images.astype(">f4")),
                        ("order", numpy.asfortranarray(trial.images)), ("flat", trial.images[0]),
                        ("none", trial.images[:0]), ("five", trial.images[None, ..., None])]:
        numpy.save(trial.path(f"{name}.npy"), array)
        refused("train", "--data", trial.path(f"{name}.npy"), "--labels", "index", says=f"{name}.npy")


@with_trial
def test_labels(trial):
    """labels of another length, outside the classes, of a wrong kind, by an unknown rule"""
    def train(labels, says, code=1):
        refused("train", "--data", trial.data, "--network", trial.network, "--labels", labels, code=code,
                says=says)
    numpy.save(trial.path("short.npy"), trial.labels[:-1])
    train(trial.path("short.npy"), ["short.npy", "11", "12"])
    numpy.save(trial.path("high.npy"), trial.labels + 1)
    train(trial.path("high.npy"), "3")
    numpy.save(trial.path("words.npy"), numpy.array(["a"] * 12))
    train(trial.path("words.npy"), "words.npy")
    trial.write("text.labels", "0\n1\nx\n")
    train(trial.path("text.labels"), "text.labels")
    train(trial.path("missing.npy"), "missing.npy", code=None)
    train("constant:7", "7", code=None)
    train("constant:x", "constant", code=2)
    train("file", "labels", code=2)


@with_trial
def test_nan_in_event(trial):
    """NaN in an event is named with its place"""
    trial.images[5, 3, 7] = numpy.nan
    numpy.save(trial.data, trial.images)
    refused("train", *trial.options, says=["event 5", "tick 3", "wire 7", "nan"])
    refused("train", *trial.options, ranks=2, says=["event 5", "tick 3"])


@with_trial
def test_diverging(trial):
    """a loss that is not finite ends the run, naming step, rank and event, and leaves no result"""
    for ranks in (1, 2):
        refused("train", *trial.options, "--lr", 1e6, "--scale", 1e6, "--epochs", 50, "--out",
                trial.path(f"run{ranks}"), ranks=ranks, says=["step", "rank", "event"])
        left = os.listdir(trial.path(f"run{ranks}")) if os.path.exists(trial.path(f"run{ranks}")) else []
        assert not [name for name in left if "partial" not in name], left


@with_trial
def test_too_small(trial):
    """the study's network on images under 625"""
    refused("train", "--data", trial.data, "--labels", "index", says=["625", "--size"])


@with_trial
def test_window(trial):
    """a window outside the event"""
    refused("train", *trial.options, "--first-tick", 40, code=2, says="--first-tick")
    refused("train", *trial.options, "--first-wire", 400, code=2, says="--first-wire")


@with_trial
def test_plane(trial):
    """a plane that the events do not have"""
    refused("train", *trial.options, "--plane", "Y", code=2, says="--plane")


@with_trial
def test_ranks(trial):
    """more ranks than events"""
    numpy.save(trial.data, trial.images[:2])
    numpy.save(trial.label_file, trial.labels[:2])
    refused("train", *trial.options, ranks=3, says=["3 ranks", "2 events"])


@with_trial
def test_network_file(trial):
    """a network file that makes no sense"""
    for text, says in [("blokcs 4\n", "blokcs"), ("blocks 4 x\n", "blocks"), ("kernel 4\n", "kernel"),
                       ("pool 0\n", "pool"), ("dense 8 0\n", "dense")]:
        path = trial.write("bad.network", text)
        refused("train", *trial.options[:4], "--network", path, says=says)
    refused("train", *trial.options[:4], "--network", trial.path("none.network"), says="none.network")


@with_trial
def test_weights(trial):
    """weights of another network, damaged, foreign, missing"""
    needs_hdf5()
    weights = trial.path("w.weights.h5")
    trial.train("--epochs", 1, "--save-weights", weights, "--out", trial.path("run"))
    other = trial.write("other.network", "blocks 4 9\nkernel 3\npool 5\ndense 8 3\n")
    refused("evaluate", *trial.options[:4], "--network", other, "--weights", weights, says=["w.weights.h5"])
    with open(weights, "rb") as file:
        whole = file.read()
    with open(trial.path("cut.weights.h5"), "wb") as file:
        file.write(whole[:len(whole) // 2])
    for name in ("cut.weights.h5", "none.weights.h5", "images.npy"):
        refused("evaluate", *trial.options, "--weights", trial.path(name), says=name)
    refused("evaluate", *trial.options, code=2, says="--weights")


@with_trial
def test_budget(trial):
    """a memory budget that cannot hold the events says what they need"""
    refused("train", *trial.options, "--memory-budget", 0.0005, says=["budget", "MB"])


@with_trial
def test_codec(trial):
    """an unknown codec"""
    refused("train", *trial.options, "--codec", "lzma", code=2, says="lzma")


@with_trial
def test_unwritable(trial):
    """a folder that cannot be made, a file where a folder is wanted, weights to nowhere"""
    blocked = trial.write("file", "x")
    refused("train", *trial.options, "--out", os.path.join(blocked, "run"), says=blocked)
    refused("train", *trial.options, "--out", blocked, says=blocked)
    refused("train", *trial.options, "--out", "/proc/run", says="/proc/run")
    refused("train", *trial.options, "--out", "/proc/run", ranks=2, says="/proc/run")
    needs_hdf5()
    refused("train", *trial.options, "--epochs", 1, "--save-weights", os.path.join(blocked, "w.h5"), "--out",
            trial.path("run"), says="w.h5")
    refused("step", *trial.options, "--dump", "/proc/none/step.h5", says="step.h5")


@with_trial
def test_full_disk(trial):
    """a full disk under the result folder: no result, no half file"""
    with small_disk("64k") as folder:
        for ranks in (1, 2):
            refused("train", *trial.options, "--epochs", 40, "--out", os.path.join(folder, "run"),
                    ranks=ranks, says=["run/", "space"])
            left = [name for _, _, files in os.walk(folder) for name in files]
            assert not left, left


def limited():
    """No file may grow beyond 4 KiB; the signal that comes with it is ignored."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


@with_trial
def test_file_limit(trial):
    """a limit on the size of files: the same as a full disk"""
    refused("train", *trial.options, "--epochs", 40, "--out", trial.path("run"), preexec=limited,
            says="run/")
    assert not os.path.exists(trial.path("run")), os.listdir(trial.path("run"))


@with_trial
def test_closed_output(trial):
    """a standard output that takes nothing is an error"""
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([os.environ["LARSCALE"], "inspect", trial.data], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "standard output" in done.stderr, done.stderr


@with_trial
def test_one_process(trial):
    """commands of one process refuse a launch with several ranks"""
    refused("inspect", trial.data, ranks=2, code=2, says="one process")


main(globals())
