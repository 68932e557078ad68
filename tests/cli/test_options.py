"""Options of every command: help, and what is said about wrong ones."""
import json
import os
import tempfile

from program import backend_with_settings, info, larscale, main, refused, with_trial

COMMANDS = ["info", "inspect", "convert", "train", "evaluate", "step", "load", "synthetic"]

# The names that other people's scripts use, by command.
TRAIN = ["data", "labels", "plane", "rebin", "first-tick", "size", "scale", "backend", "threads", "batch",
         "accumulate", "epochs", "steps", "optimizer", "lr", "momentum", "seed", "shuffle", "weights",
         "save-weights", "out", "json"]


def test_overview():
    """the program's own help lists every command"""
    out = larscale("--help").out
    for command in COMMANDS:
        assert f"  {command} " in out, command
    result = larscale(expect=2)
    assert "usage:" in result.err and not result.out


def test_help():
    """every command has --help with an example"""
    for command in COMMANDS:
        for flag in ("--help", "-h"):
            out = larscale(command, flag).out
            assert "Example:" in out and f"larscale {command}" in out and "--help" in out, command


def test_fixed_names():
    """the fixed option names are there"""
    out = larscale("train", "--help").out
    for name in TRAIN:
        assert f"--{name}" in out, name
    assert "--dump" in larscale("step", "--help").out


def test_unknown_command():
    """an unknown command names the nearest right one"""
    refused("trian", code=2, says="did you mean 'train'")
    refused("zzzzzzzz", code=2, says="--help")


def test_unknown_option():
    """an unknown option names itself and the nearest right one"""
    refused("train", "--bacth", "3", code=2, says=["--bacth", "--batch"])
    refused("train", "--bacth=3", code=2, says=["--bacth", "--batch"])
    refused("train", "-q", code=2, says="-q")
    refused("info", "--zzzzzzzzzzzzz", code=2, says="--zzzzzzzzzzzzz")


def test_missing_value():
    """an option without its value is named"""
    refused("train", "--batch", code=2, says="--batch")


def test_numbers():
    """a number out of range, or none at all, names the range"""
    for option, value in [("batch", "0"), ("batch", "-1"), ("batch", "1.5"), ("batch", "many"),
                          ("batch", "99999999999999999999"), ("batch", ""), ("epochs", "-2"), ("lr", "nan"),
                          ("lr", "inf"), ("lr", "-1"), ("lr", "1e400"), ("momentum", "2"), ("seed", "x"),
                          ("threads", "-3"), ("size", "0"), ("rebin", "0"), ("scale", "NaN"),
                          ("accumulate", "0"), ("steps", "-1"), ("first-tick", "-5")]:
        refused("train", f"--{option}={value}", code=2, says=[f"--{option}", "from"])


def test_choices():
    """a value that is not among the choices names them"""
    refused("train", "--optimizer", "rmsprop", code=2, says=["rmsprop", "sgd|adam"])
    refused("train", "--plane", "W", code=2, says=["W", "U|V|Y|all"])
    refused("train", "--shuffle", "yes", code=2, says="on|off")
    for command in ["train", "evaluate", "step", "info"]:
        refused(command, "--isa", "avx", code=2, says=["--isa avx", "baseline|avx2|avx512"])
        refused(command, "--winograd", "on", code=2, says=["--winograd on", "off|1d"])
        refused(command, "--skip", "all", code=2, says=["--skip all", "shortcut|exact|off"])


@with_trial
def test_backend(trial):
    """an unknown backend, variant or setting names those there are"""
    for text, words in [("reference:fast", ["fast", "plain"]), ("reference:isa=sse", ["isa=sse", "avx2"]),
                        ("reference:plain:fft=1", ["fft=1", "isa, winograd and skip"]),
                        (":plain", "no such backend"), ("reference,reference", "no such backend")]:
        refused("train", *trial.options, "--backend", text, code=2, says=words)
    refused("train", *trial.options, "--backend", "tensorflow", code=2, says=["tensorflow", "reference"])
    refused("train", *trial.options, "--backend", "reference", "--variant", "fast", code=2,
            says=["fast", "plain"])


def test_no_data():
    """commands that need events say so"""
    for command in ["train", "evaluate", "step", "load", "inspect"]:
        refused(command, code=2, says="no events given")
    refused("convert", "--out", "x.h5", code=2, says="no events given")


def test_stray_argument():
    """a command without files refuses them"""
    refused("info", "something", code=2, says="something")


def test_info():
    """info names the instruction sets and each backend's kernels for the network asked for"""
    machine = info()["machine"]["isa"].split()
    assert machine[0] == "baseline" and set(machine) <= {"baseline", "avx2", "avx512"}, machine
    for backend in info()["backends"]:
        assert backend["available"] == ("kernels" in backend), backend
        for kernels in backend.get("kernels", {}).values():
            assert kernels.startswith("conv1: ") and "; dense2: " in kernels, kernels
    refused("info", "--size", 600, says=["600", "--size"])
    with tempfile.TemporaryDirectory() as folder:
        network = os.path.join(folder, "network")
        with open(network, "w", encoding="ascii") as file:
            file.write("blocks 4 8\ndense 3\n")
        out = larscale("info", "--network", network, "--size", 40).out
    assert "conv2: " in out and "conv3: " not in out and "dense1: " in out, out


@with_trial
def test_settings_in_record(trial):
    """settings of a backend's kernels are part of its name and of the record"""
    backend = backend_with_settings()
    larscale("train", *trial.options, "--epochs", 1, "--out", trial.path("run"), "--backend", backend,
             "--skip", "exact", "--isa", "baseline")
    with open(trial.path("run/env.json"), encoding="utf-8") as file:
        record = json.load(file)
    options = record["options"]
    assert (options["isa"], options["winograd"], options["skip"]) == ("baseline", None, "exact"), options
    assert record["backend"].endswith(":isa=baseline:skip=exact"), record["backend"]


@with_trial
def test_lists(trial):
    """--data and --validation take several paths, and do not mix them"""
    out = larscale("train", "--labels", "index", "--network", trial.network, "--data", trial.data,
                   "--validation", trial.data, "--epochs", "1", "--out", trial.path("run")).out
    assert "\n12 events" in out, out
    refused("inspect", "--data", trial.data, trial.data, code=2, says="same file")


main(globals())
