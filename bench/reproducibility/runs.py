"""What same_bits and kill_and_resume share: the program, its launcher, events, a run's result."""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SMALL_NETWORK = "blocks 4 8\nkernel 3\npool 5\ndense 8 5\n"


class Failure(Exception):
    """Something does not hold, or cannot be tried: what is said, and exit code 1."""


def add_options(parser):
    """The options of both commands. What stands after -- goes to every `larscale train`."""
    parser.add_argument("--larscale", metavar="PATH", help="the program; default: $LARSCALE, this "
                        "checkout's build/release, or the one in PATH")
    parser.add_argument("--data", nargs="+", metavar="PATH",
                        help="event files; default: events of `larscale synthetic`")
    parser.add_argument("--events", type=int, metavar="N", help="how many to make; default: four "
                        "global batches and one event, so that the last batch of an epoch is short")
    parser.add_argument("--size", type=int, metavar="N", help="rows and columns of an image; "
                        "default 640, with --data the program's own")
    parser.add_argument("--global-batch", type=int, default=11, metavar="N",
                        help="images per update; default 11, which no number of ranks divides")
    parser.add_argument("--backend", metavar="NAME", help="default: the program's own")
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="adam", help="default adam")
    parser.add_argument("--work", metavar="DIR", help="folder for events and records, which are "
                        "kept; default: a temporary one, removed at the end")
    parser.add_argument("--quick", action="store_true",
                        help="the short form: images of 128 x 128 and a small network")


def split_arguments(arguments):
    """(the command's own arguments, what stands after --)."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1:]


def numbers(text):
    """1,2,7 as a list."""
    values = [int(word) for word in text.split(",")]
    if min(values) < 1:
        raise ValueError
    return values


def environment():
    """More ranks than cores, unbound, and waiting threads that leave their core, unless told so."""
    defaults = {"OMP_WAIT_POLICY": "passive", "OMPI_MCA_rmaps_base_oversubscribe": "1",
                "OMPI_MCA_hwloc_base_binding_policy": "none"}
    return {**defaults, **os.environ}


class Program:
    """larscale, its launcher, and the options that are the same in all runs."""

    def __init__(self, options, more, work):
        self.path = find_program(options.larscale)
        self.launcher = os.environ.get("MPIEXEC") or shutil.which("mpirun")
        size = options.size or (128 if options.quick else None if options.data else 640)
        self.options = ["--json", "--global-batch", str(options.global_batch),
                        "--optimizer", options.optimizer]
        if options.quick:
            self.options += ["--network", small_network(work)]
        if options.backend:
            self.options += ["--backend", options.backend]
        if size:
            self.options += ["--size", str(size)]
        if not options.data:
            self.options += ["--first-tick", "0", "--rebin", "1"]
        data = options.data or [self.make_events(options, size, work)]
        self.options += ["--data", *data, *more]

    def make_events(self, options, size, work):
        path = os.path.join(work, "events.h5")
        count = options.events or 4 * options.global_batch + 1
        done = subprocess.run([self.path, "synthetic", "--events", str(count), "--size", str(size),
                               "--out", path], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(done.stderr.strip())
        return path

    def command(self, ranks, threads, folder, *more):
        if ranks > 1 and not self.launcher:
            raise Failure("no mpirun in PATH: name one in MPIEXEC, or give --ranks 1")
        launch = [self.launcher, "-np", str(ranks)] if ranks > 1 else []
        return [*launch, self.path, "train", *self.options, "--threads", str(threads),
                "--out", folder, *map(str, more)]

    def run(self, ranks, threads, folder, *more):
        """A run from start to end: its result."""
        command = self.command(ranks, threads, folder, *more)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=environment(), check=False)
        if done.returncode:
            raise Failure(f"{describe(ranks, threads)}: exit code {done.returncode}:\n"
                          f"{done.stderr.strip()}\n{' '.join(command)}")
        return json.loads(done.stdout)


def find_program(given):
    path = given or os.environ.get("LARSCALE")
    if not path:
        built = os.path.join(ROOT, "build", "release", "bench", "larscale")
        path = built if os.path.exists(built) else shutil.which("larscale")
    if not path or not os.access(path, os.X_OK):
        raise Failure(f"no program larscale at {path or 'build/release'}: build it, or name it "
                      "with --larscale")
    return os.path.abspath(path)


def small_network(work):
    path = os.path.join(work, "small.network")
    with open(path, "w", encoding="ascii") as file:
        file.write(SMALL_NETWORK)
    return path


def describe(ranks, threads):
    return f"{ranks} rank{'s' if ranks > 1 else ''} x {threads} thread{'s' if threads > 1 else ''}"


def history(folder):
    """The rows of a run's history but for the seconds, which differ."""
    with open(os.path.join(folder, "history.csv"), newline="", encoding="ascii") as file:
        return [tuple(value for name, value in row.items() if name != "wall_s")
                for row in csv.DictReader(file)]


def main(parser, work_of):
    """Runs work_of(options, options for train, folder); returns the exit code."""
    own, more = split_arguments(sys.argv[1:])
    options = parser.parse_args(own)
    work = options.work or tempfile.mkdtemp(prefix="larscale-")
    os.makedirs(work, exist_ok=True)
    try:
        return work_of(options, more, work)
    except Failure as failure:
        print(f"{parser.prog}: {failure}", file=sys.stderr)
        return 1
    finally:
        if not options.work:
            shutil.rmtree(work)
