"""What is compared: who takes part in each study, on which input.

step: one dense image. planes: single planes of real events, which the suite reads from the event
file and the peers from .npy. load: one event from its file into memory.
"""
import json
import subprocess
import sys
from pathlib import Path

from contestants import Absent, Failed, Peer, Suite, last_line

HERE = Path(__file__).resolve().parent
# Name in the table, larscale's --backend, and whether only on planes: nothing can be skipped of a
# dense image.
BACKENDS = [("larscale openmp", "openmp", False),
            ("larscale openmp winograd 1d", "openmp:winograd=1d", False),
            ("larscale openmp skip exact", "openmp:skip=exact", True),
            ("larscale onednn rewritten", "onednn:rewritten", False),
            ("larscale onednn literal", "onednn:literal", False),
            ("larscale openblas", "openblas", False)]
# Float32 on both sides; gradients move where near-ties are decided otherwise.
TOLERANCES = {"loss": 1e-4, "logits": 1e-4, "gradients": 1e-2}


class Study:
    """A title, who takes part, and to whom they are compared."""

    def __init__(self, name, title, contestants, references, dumps=None):
        self.name, self.title = name, title
        self.contestants, self.references = contestants, references
        self.dumps = dumps  # given a folder, fills each contestant's agreement; None: no check


def run(options, *command):
    """A script of this folder, or another program, that makes an input."""
    done = subprocess.run([str(part) for part in command], check=False, cwd=HERE,
                          capture_output=True, text=True)
    if done.returncode:
        what = command[1] if command[0] == options.python else command[0]
        raise SystemExit(f"compare: {Path(what).name} failed: {last_line(done.stderr)}")


def python(options, script, *arguments):
    run(options, options.python, HERE / script, *arguments)


def backends(options, planes):
    if options.backend:
        return [(f"larscale {text}", text) for text in options.backend]
    return [(name, text) for name, text, only_planes in BACKENDS if planes or not only_planes]


def peers(options, names, script, arguments, cores, log):
    if not options.have_peers:
        return [Absent(name, "bench/peers/setup makes it") for name in names]
    return [Peer(name, [options.python, HERE / script, *arguments(name), "--warm-up",
                        options.warm_up, "--interactive"], cores, log) for name in names]


def steps(options, log, name, title, peers_input, suite_input, planes):
    """A study of training steps. The inputs are arguments of time_step.py and of larscale step."""
    common = ["--threads", options.threads, "--batch", options.batch, "--weights", options.weights]
    references = options.peer or ["tensorflow", "pytorch"]
    found = peers(options, references, "time_step.py", lambda peer: [peer, *common, *peers_input],
                  options.cores, log)
    ours = [Suite(title, [options.larscale, "step", "--backend", text, *common, *suite_input],
                  options.cores, log, options.repetitions, options.warm_up)
            for title, text in backends(options, planes)]

    def check(folder):
        agree(options, found[0], ours, [*common, *peers_input], folder)

    against = [row for row in options.against if row in {contestant.name for contestant in ours}]
    return Study(name, title, found + ours, references + against,
                 check if options.have_peers and options.check else None)


def agree(options, peer, ours, arguments, folder):
    """One step of the first peer and of each of ours from the same weights: how far are they apart?
    """
    reference = folder / "peer.npz"
    python(options, "time_step.py", peer.name, *arguments, "--dump", reference)
    dumps = {}
    for number, contestant in enumerate(ours):
        path = folder / f"ours{number}.h5"
        try:
            contestant.dump(path)
            dumps[str(path)] = contestant
        except (Failed, OSError):
            continue  # it will fail again, and be told of, when it is to be timed
    if not dumps:
        return
    done = subprocess.run([options.python, HERE / "agree.py", reference, *dumps], check=False,
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"compare: agree.py failed: {last_line(done.stderr)}")
    for path, far in json.loads(done.stdout).items():
        dumps[path].agreement = far
        Path(path).unlink()


def far_apart(contestant):
    """What of a contestant is beyond its tolerance, as text; empty: nothing."""
    return ", ".join(f"{kind} by {distance:.1e}" for kind, distance in contestant.agreement.items()
                     if not distance <= TOLERANCES[kind])


def step_study(options, log, folder):
    """The dense image, made unless it was given."""
    if not options.data:
        options.data, options.labels = folder / "images.npy", folder / "labels.npy"
        python(options, "make_batch.py", options.data, options.labels, "--size", options.size,
               "--batch", options.batch)
    arguments = ["--data", options.data, "--labels", options.labels]
    yield steps(options, log, "step", f"training step, {options.batch} dense image(s)", arguments,
                arguments, False)


def plane_studies(options, log, folder):
    for event, plane in options.planes:
        every, images, labels = (folder / name for name in ("all.npy", "plane.npy", "labels.npy"))
        run(options, options.larscale, "convert", "--data", options.real, "--labels", "index",
            "--plane", plane, "--size", options.size, "--format", "npy", "--out", every,
            "--overwrite")
        python(options, "make_batch.py", images, labels, "--of", every, "--first", event, "--batch",
               options.batch)
        every.unlink(missing_ok=True)
        name = f"event {event} plane {plane}"
        yield steps(options, log, name,
                    f"training step, {name} of {Path(options.real).name}",
                    ["--data", images, "--labels", labels],
                    ["--data", options.real, "--labels", "index", "--plane", plane, "--event",
                     event, "--size", options.size], True)


def load_study(options, log, folder):
    core = options.cores[:1]
    found = peers(options, ["python"], "time_load.py", lambda _: ["--data", options.events], core,
                  log)
    ours = Suite("larscale", [options.larscale, "load", "--data", options.events], core, log, 1,
                 options.warm_up)
    yield Study("load", "loading one event into memory, one core", [*found, ours], ["python"])


def make_weights(options, folder):
    if not options.weights:
        options.weights = folder / "glorot.weights.h5"
        python(options, "network.py", options.weights, options.size)


def studies(options, log, folder):
    """Studies, one by one: the input of one is made when the one before is done."""
    if set(options.study) & {"step", "planes"}:
        make_weights(options, folder)
    for name in options.study:
        make = {"step": step_study, "planes": plane_studies, "load": load_study}[name]
        yield from make(options, log, folder)


def choose_python(options):
    """The peers' Python; without them, this one makes the inputs."""
    options.python = options.peers / "bin/python"
    options.have_peers = options.python.exists()
    if not options.have_peers:
        options.python = sys.executable
