"""The backend cuda on the emulated device: training, resuming, several devices, and what can go wrong
with one."""
import json
import os

from program import Skip, info, larscale, main, needs_hdf5, refused, with_trial
from sweeps import SHARED, environment, verdict

OPTIONS = ["--backend", "cuda-emulated", "--optimizer", "adam", "--lr", "0.01", "--global-batch", 5]
INVALID = "backend cuda-emulated emulates its device: its times mean nothing"
LAUNCH_FAILURE, DEVICES_UNAVAILABLE, INSUFFICIENT_DRIVER = 719, 46, 35


def prepare(trial):
    """Blocks that the fast kernels take."""
    if not any(b["name"] == "cuda-emulated" for b in info()["backends"]):
        raise Skip("this build has no emulated device")
    trial.write("small.network", "blocks 4 8\nkernel 5\npool 5\ndense 8 3\n")


def weights(trial, *more, **options):
    """Trains: the checksum of the weights. The result is never valid."""
    trial.runs += 1
    out = larscale("train", *trial.options, *OPTIONS, "--json", "--out", trial.path(f"run-{trial.runs}"),
                   *more, expect=1, **options)
    assert INVALID in out.err, out.err
    assert verdict(trial.path(f"run-{trial.runs}")) == f"RESULT INVALID reason={INVALID}"
    return json.loads(out.out)["weights_checksum"]


def fails(trial, *more, says, code=1, ranks=1, **environment_of_run):
    return refused("train", *trial.options, *OPTIONS, "--epochs", 2, *more, says=says, code=code,
                   ranks=ranks, environment=environment_of_run)


@with_trial
def test_ranks_and_order(trial):
    """1 and 2 ranks, each with its device, and any order of blocks and threads: the same weights"""
    prepare(trial)
    expected = weights(trial, "--epochs", 3)
    assert weights(trial, "--epochs", 3, ranks=2) == expected
    assert weights(trial, "--epochs", 3, ranks=2, environment={"LARSCALE_EMULATED_ORDER": "7"}) == expected


@with_trial
def test_resume(trial):
    """a run that goes on from a checkpoint ends with the same weights, also on another number of devices"""
    prepare(trial)
    needs_hdf5()
    expected = weights(trial, "--epochs", 4)
    weights(trial, "--epochs", 2, "--checkpoint", trial.path("points"))
    assert weights(trial, "--epochs", 4, "--resume", trial.path("points"), ranks=2) == expected


@with_trial
def test_failing_kernel(trial):
    """a kernel that fails is named, the run ends, and its checkpoints are whole"""
    prepare(trial)
    needs_hdf5()
    expected = weights(trial, "--epochs", 4)
    points = ["--checkpoint", trial.path("points"), "--checkpoint-steps", 1]
    fails(trial, *points, says=["kernel later_forward", "launch failure"], CUDA_LAUNCH_BLOCKING="1",
          LARSCALE_EMULATED_FAULT=f"later_forward:30:{LAUNCH_FAILURE}")
    assert len([name for name in os.listdir(trial.path("points")) if name.startswith("checkpoint-")]) == 2
    assert weights(trial, "--epochs", 4, "--resume", trial.path("points")) == expected


@with_trial
def test_devices_that_cannot_be_used(trial):
    """no device, an old driver, a busy device, too little memory, too many ranks: said plainly"""
    prepare(trial)
    fails(trial, says="no device", code=77, LARSCALE_EMULATED_DEVICES="0")
    fails(trial, says="newer driver", code=77,
          LARSCALE_EMULATED_FAULT=f"cudaGetDeviceCount:1:{INSUFFICIENT_DRIVER}")
    fails(trial, says="exclusive mode", code=77,
          LARSCALE_EMULATED_FAULT=f"cudaStreamCreateWithFlags:1:{DEVICES_UNAVAILABLE}")
    fails(trial, says=["MiB are wanted", "of its 0.1 MiB left"], LARSCALE_EMULATED_MEMORY="64")
    fails(trial, says="2 ranks on a node with 1 devices", code=2, ranks=2, LARSCALE_EMULATED_DEVICES="1")
    fails(trial, "--skip", "shortcut", says=["shortcut", "exact, off"], code=2)


@with_trial
def test_devices_listed(trial):
    """info lists the devices, and why one cannot be used; what cannot be used is not computed on"""
    prepare(trial)
    def listed(**environment_of_run):
        out = larscale("info", "--json", "--size", 640, environment=environment_of_run).out
        text = larscale("info", "--size", 640, environment=environment_of_run).out
        return next(b for b in json.loads(out)["backends"] if b["name"] == "cuda-emulated")["devices"], text
    devices, text = listed(LARSCALE_EMULATED_DEVICES="3", LARSCALE_EMULATED_MEMORY=str(512 << 10))
    assert [d["device"] for d in devices] == [0, 1, 2] and all(d["usable"] for d in devices), devices
    assert devices[2]["memory_bytes"] == 512 << 20 and devices[2]["driver"] and devices[2]["runtime"], devices
    assert "device 2: emulated, 0.5 GB, compute capability" in text, text
    devices, text = listed(LARSCALE_EMULATED_MODE="2")
    assert not devices[0]["usable"] and "forbids computing" in devices[0]["problem"], devices
    assert "cannot be used: its mode forbids computing" in text, text
    fails(trial, says="cannot be used: its mode forbids computing", code=77, LARSCALE_EMULATED_MODE="2")


@with_trial
def test_gpu_speedup(trial):
    """gpu-speedup on two emulated devices: measured, and never valid"""
    prepare(trial)
    folder = trial.path("run")
    larscale("bench", "gpu-speedup", *trial.options, "--backend", "cuda-emulated", "--steps", 2,
             "--repetitions", 6, *SHARED, "--out", folder, ranks=2, expect=1)
    assert verdict(folder) == f"RESULT INVALID reason={INVALID}", verdict(folder)
    env = environment(folder)
    assert env["devices"] == ["emulated", "emulated"], env["devices"]
    assert {(p["nodes"], p["ranks"], p["node_is"]) for p in env["points"]} == {(1, 1, "device"),
                                                                               (2, 2, "device")}


main(globals())
