"""Times and instruction counts of two programs that take turns.

A value is of one process: the median over its repetitions of the processor time of one. All benches
have one thread, so that this is what the work takes, and what else runs on the machine does not count;
what a program spends waiting is not seen."""
import json
import os
import re
import shutil
import statistics
import subprocess
import time

EVENTS, SIDE = 12, 640
PROCESS_SECONDS = 0.15  # of timed work in a process
NETWORK = "blocks 10 64 128\nkernel 5\npool 5\ndense 32 5\n"
# Of one thread, one build of each library's kernels whatever the processor, one place in memory.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive", "OMP_PROC_BIND": "false"}
FIXED_INSTRUCTIONS = {"ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2",
                      "OPENBLAS_CORETYPE": "Haswell", **ENVIRONMENT}


class Deadline:
    """A time limit; 0: none."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds if seconds else None

    def left(self):
        """Seconds, for subprocess; None: no limit."""
        return None if self.end is None else max(0.1, self.end - time.monotonic())

    def is_over(self, needed=0):
        return self.end is not None and time.monotonic() + needed > self.end


class Failed(Exception):
    """A program did not run a bench."""


def run(program, arguments, environment, prefix=(), timeout=None):
    variables = {**os.environ, **environment}
    command = [*prefix, str(program), *arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=timeout, env=variables)
    except subprocess.TimeoutExpired:
        raise Failed("the time was up") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise Failed(f"exit code {done.returncode}: {lines[-1] if lines else 'no message'}")
    return done


def info(program):
    return json.loads(run(program, ["info", "--json"], ENVIRONMENT).stdout)


def write_npy(path):
    """Tracks of int32 pixels by hand: a build without HDF5 makes no events."""
    header = f"{{'descr': '<i4', 'fortran_order': False, 'shape': ({EVENTS}, {SIDE}, {SIDE}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode("ascii"))
        for event in range(EVENTS):
            for tick in range(SIDE):
                row = bytearray(4 * SIDE)
                row[4 * ((tick * (event + 1) // 3) % SIDE)] = 100
                file.write(row)


def make_events(program, folder):
    """Events that both programs read, made by the first one."""
    if info(program)["libraries"]["hdf5"] == "none":
        write_npy(folder / "events.npy")
        return folder / "events.npy"
    run(program, ["synthetic", "--events", str(EVENTS), "--size", str(SIDE), "--seed", "1", "--out",
                  str(folder / "events.h5")], ENVIRONMENT)
    return folder / "events.h5"


def step_arguments(data, folder, backend=None):
    network = folder / "bench.network"
    network.write_text(NETWORK, encoding="ascii")
    more = ["--backend", backend] if backend else []
    return ["step", "--data", str(data), "--labels", "index", "--network", str(network), "--size", "160",
            "--scale", "0.01", "--threads", "1", *more]


def benches(data, folder):
    """{name: arguments}, all but the repetitions."""
    return {"step": [*step_arguments(data, folder), "--batch", "2", "--json"],
            "load": ["load", "--data", str(data), "--labels", "index", "--json"]}


def one_value(program, arguments, repetitions, timeout=None):
    """Median processor time of the repetitions of one process, in milliseconds."""
    done = run(program, [*arguments, "--repetitions", str(repetitions), "--warmup", "1"], ENVIRONMENT,
               timeout=timeout)
    return statistics.median(entry["cpu_time"] for entry in json.loads(done.stdout)["benchmarks"])


def choose_repetitions(program, arguments):
    """So many that a process times PROCESS_SECONDS of work; a load's value is per event."""
    per = EVENTS if arguments[0] == "load" else 1
    seconds = 1e-3 * per * one_value(program, arguments, 5)
    return max(5, min(1000, round(PROCESS_SECONDS / max(seconds, 1e-6))))


def measure_round(base, head, arguments, repetitions, count, deadline):
    """count values of each program, in the order base, head, head, base: what changes slowly on the
    machine changes both. Fewer if the time is up."""
    times, started = {"base": [], "head": []}, time.monotonic()
    for turn in range(count // 2):
        needed = (time.monotonic() - started) / turn if turn else 0
        if deadline.is_over(needed):
            break
        for name in ("base", "head", "head", "base"):
            program = base if name == "base" else head
            times[name].append(one_value(program, arguments, repetitions, deadline.left()))
    return times["base"], times["head"]


def why_no_instructions():
    """None where they can be counted."""
    if not shutil.which("valgrind"):
        return "valgrind is not installed (ci/setup test)"
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            if " avx2" not in file.read():
                return "this processor has no AVX2, the instruction set that counts are of"
    except OSError:
        return "/proc/cpuinfo cannot be read"
    return None


def instruction_benches(program, data, folder):
    """{name: arguments}: each backend's kernels, and loading."""
    found = {f"step {b['name']}": [*step_arguments(data, folder, b["name"]), "--batch", "1"]
             for b in info(program)["backends"] if b["available"]}
    return {**found, "load": ["load", "--data", str(data), "--labels", "index"]}


def count_instructions(program, arguments, timeout=None):
    """Instructions of three repetitions: those of four less those of one, so that start and end of the
    process do not count."""
    counts = []
    for repetitions in ("1", "4"):
        done = run(program, [*arguments, "--repetitions", repetitions, "--warmup", "0"], FIXED_INSTRUCTIONS,
                   prefix=("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"), timeout=timeout)
        counts.append(int(re.search(r"Collected : (\d+)", done.stderr)[1]))
    return counts[1] - counts[0]
