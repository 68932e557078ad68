"""Programs that are timed in turns: each measure() is one repetition, in seconds.

A peer starts once, warms up, and then answers one request at a time (protocol.py). The suite starts
anew for each round and warms up inside: larscale prints Google Benchmark's JSON.
"""
import json
import os
import subprocess
from statistics import median

UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
CANNOT_RUN_HERE = 77


class Unavailable(Exception):
    """This build or machine lacks what the contestant needs; the reason."""


class NotHere(Unavailable):
    """A peer is not installed."""


class Failed(Exception):
    """The contestant did not give a time; what it said."""


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


class Absent:
    """Stands in the table for a peer that is not installed."""

    def __init__(self, name, reason):
        self.name, self.reason = name, reason
        self.peak_memory, self.facts, self.agreement, self.command = None, {}, {}, []

    def start(self):
        raise NotHere(self.reason)

    def measure(self):
        raise NotHere(self.reason)

    def stop(self):
        """Nothing is running."""


class Peer:
    """A program of this folder that answers one request at a time."""

    def __init__(self, name, command, cores, log):
        self.name = name
        self.peak_memory = None
        self.facts = {}
        self.agreement = {}
        self.command = [str(part) for part in command]
        self.cores = cores
        self.log = log
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
        self.facts = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        try:
            return json.loads(line)
        except json.JSONDecodeError:
            self.process.stdout.read()
            code = self.process.wait()
            raise Failed(f"ended with exit code {code}; its messages: {self.log.name}") from None

    def measure(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self.answer()
        self.peak_memory = answer["peak_memory_bytes"]
        return answer["seconds"][0]

    def stop(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


class Suite:
    """The suite's own program, started for every repetition: the median of its own repetitions,
    after a warm-up inside."""

    def __init__(self, name, command, cores, log, repetitions, warm_up):
        self.name = name
        self.peak_memory = None
        self.facts = {}
        self.agreement = {}
        self.repetitions = repetitions
        self.work = [str(part) for part in command]
        self.command = [*self.work, "--repetitions", str(repetitions), "--warmup", str(warm_up),
                        "--json"]
        self.cores = cores
        self.log = log

    def start(self):
        """One repetition that counts for nothing: it shows whether the program can run here."""
        self.measure()

    def run(self, command):
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL,
                              preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
        self.log.write(done.stderr)
        if done.returncode == CANNOT_RUN_HERE:
            raise Unavailable(last_line(done.stderr))
        if done.returncode:
            raise Failed(f"exit code {done.returncode}: {last_line(done.stderr)}")
        return done.stdout

    def measure(self):
        return self.seconds(self.run(self.command))

    def dump(self, path):
        """The results of one step, for agree.py."""
        self.run([*self.work, "--warmup", "0", "--dump", str(path)])

    def seconds(self, text):
        try:
            report = json.loads(text)
            entries = [entry for entry in report["benchmarks"]
                       if entry.get("run_type", "iteration") == "iteration"]
            times = [entry["real_time"] * UNITS[entry["time_unit"]] for entry in entries]
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"no benchmark in its output: {error!r}") from None
        if len(times) != self.repetitions or not min(times) > 0:
            raise Failed(f"not {self.repetitions} times but {times}")
        if any(entry.get("error_occurred") for entry in entries):
            raise Failed(entries[0].get("error_message", "an error without a message"))
        peak = entries[0].get("peak_memory_bytes")
        self.peak_memory = int(peak) if peak else None
        self.facts = {"benchmark": entries[0].get("name"), "context": report.get("context", {})}
        return median(times)

    def stop(self):
        """Nothing is running."""
