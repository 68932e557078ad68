"""larscale simulate: sets of events, deposits of other programs, resuming, bad input."""
import glob
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import numpy
from program import LARSCALE, Skip, larscale, launcher, main, needs_hdf5, refused, sanitized, small_disk

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "simulator"))
try:
    import h5py
except ImportError:
    h5py = None

# Few and small ones: tests are about files, not physics.
GUN = ["--particles", "mu-,gamma", "--momentum", "0.2:0.4", "--events", 7, "--events-per-file", 3]
COLUMNS = [("event", "i8"), ("x", "f8"), ("y", "f8"), ("z", "f8"), ("t", "f8"), ("dE", "f8"),
           ("dx", "f8"), ("track", "i4"), ("pdg", "i4")]


def in_folder(test):
    """Gives the test a folder of its own."""

    def run():
        needs_hdf5()
        if h5py is None:
            raise Skip("python3-h5py is not installed")
        with tempfile.TemporaryDirectory(prefix="larscale-test-") as folder:
            test(folder)

    run.__doc__ = test.__doc__
    return run


def simulate(out, *more, **options):
    done = larscale("simulate", "--out", out, "--json", *more, **options)
    return json.loads(done.out) if done.code == 0 else done


def checksums(folder):
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        with open(path, "rb") as file:
            found[os.path.basename(path)] = hashlib.sha256(file.read()).hexdigest()
    return found


def physics_row(test, value, target, tolerance, unit, source):
    """A row of the table of physics checks (tests/datasets/simulator/transport/physics_table.h)."""
    path = os.environ.get("LARSCALE_PHYSICS_TABLE")
    if path:
        with open(path, "a", encoding="ascii") as file:
            if file.tell() == 0:
                file.write("test,value,target,tolerance,unit,source\n")
            file.write(f'"{test}",{value:.6g},{target:.6g},{tolerance:.3g},{unit},"{source}"\n')
    print(f"# {test}: {value:.5g}, target {target:.5g} +- {tolerance:.3g} {unit}")
    assert abs(value - target) <= tolerance, f"{test}: {value} instead of {target} +- {tolerance} {unit}"


def deviation(test, value):
    physics_row(test, value, 0, 1e-5, "", "formulas in float64, JAXTPC's constants")


def write_deposits(path, rows, columns=None, name="deposits"):
    """rows: a list of tuples in the order of COLUMNS."""
    table = numpy.array(rows, dtype=COLUMNS)
    if columns:
        changed = numpy.zeros(len(table), dtype=columns)
        for column in changed.dtype.names:
            if column in table.dtype.names:
                changed[column] = table[column]
        table = changed
    with h5py.File(path, "w") as file:
        file[name] = table


def random_deposits(count, events=2):
    random = numpy.random.default_rng(3)
    rows = []
    for i in range(count):
        rows.append((10 + 5 * (i * events // count), 256 * random.random(), 116 * (2 * random.random() - 1),
                     1036 * random.random(), 20 * random.random(), 0.3 + random.random(), 0.05 + 0.25 * random.random(),
                     i % 5 + 1, 13))
    return rows


@in_folder
def test_files(folder):
    """a set: geometry, labels, truth and settings, as KevLAr's readers see them"""
    out = os.path.join(folder, "set")
    result = simulate(out, *GUN, "--threads", 2)
    assert result["events"] == result["events_made"] == 7 and result["files_made"] == 3, result
    assert set(result["ms_per_event"]) == {"transport", "detector", "images", "writing"}, result
    assert result["events_per_second_and_core"] > 0 and result["peak_memory_mb"] > 0
    assert sorted(os.listdir(out)) == [f"events-0000{i}.h5" for i in range(3)]
    labels = []
    for index, name in enumerate(sorted(os.listdir(out))):
        with h5py.File(os.path.join(out, name)) as file:
            images, types = file["image/wires"], file["label/type"]
            count = 3 if index < 2 else 1
            assert images.shape == (count, 3, 9600, 3456) and images.dtype == "int32"
            assert types.shape == (count, 2) and types.attrs["label_index0"].decode() == "mu-"
            assert types.attrs["label_index1"].decode() == "gamma"
            labels += list(numpy.argmax(types[:], axis=1))
            truth = file["truth"]
            settings = truth.attrs["settings"]
            settings = settings.decode() if isinstance(settings, bytes) else settings
            assert "seed 1\n" in settings and "velocity 0.10979999999999999" in settings, settings
            assert list(truth["event"][:, 0]) == list(range(3 * index, 3 * index + count))
            momentum = numpy.linalg.norm(truth["momentum"][:], axis=1)
            assert ((momentum >= 0.2) & (momentum <= 0.4)).all(), momentum
            for event in range(count):
                pdg = truth["primary"][event, 0]
                assert pdg == (13 if labels[3 * index + event] == 0 else 22)
                initial, *parts = truth["energy"][event]
                assert abs(sum(parts) - initial) < 1e-6 * initial, (initial, parts)
                electrons, *charges = truth["charge"][event]
                assert all(0.8 * electrons <= c <= electrons for c in charges), charges
                pixels = images[event]
                assert (pixels[:2, :, 2400:] == 0).all()
                if electrons > 1e6:
                    assert 0.7 < 200 * pixels[2].sum() / charges[2] < 1.05
    assert sorted(labels[:6]) == [0, 0, 0, 1, 1, 1], labels
    done = json.loads(larscale("validate", "--json", out, expect=None).out)
    assert done["verdict"] != "broken", done
    assert "7 events" in larscale("inspect", out).out


@in_folder
def test_same_set(folder):
    """the same bytes for any threads and ranks; another seed gives others"""
    one = os.path.join(folder, "one")
    simulate(one, *GUN, "--threads", 1)
    known = checksums(one)
    two = os.path.join(folder, "two")
    simulate(two, *GUN, "--threads", 2)
    assert checksums(two) == known
    other = os.path.join(folder, "other")
    simulate(other, *GUN, "--seed", 2)
    assert not set(checksums(other).values()) & set(known.values())
    ranks = os.path.join(folder, "ranks")
    result = simulate(ranks, *GUN, "--threads", 1, ranks=2)
    assert result["events_made"] == 7 and result["files_made"] == 3, result
    assert checksums(ranks) == known
    packed = []
    for threads in (1, 2):
        out = os.path.join(folder, f"packed-{threads}")
        simulate(out, *GUN, "--format", "packed", "--threads", threads)
        packed.append(checksums(out))
        time.sleep(1.1)  # HDF5 counts times in seconds
    assert packed[0] == packed[1]


@in_folder
def test_files_do_not_matter(folder):
    """an event is the same in files of another length"""
    a, b = os.path.join(folder, "a"), os.path.join(folder, "b")
    simulate(a, *GUN)
    simulate(b, *GUN, "--events-per-file", 7)
    with h5py.File(os.path.join(a, "events-00001.h5")) as file:
        first = file["image/wires"][1]
    with h5py.File(os.path.join(b, "events-00000.h5")) as file:
        assert (file["image/wires"][4] == first).all()


@in_folder
def test_resume(folder):
    """complete files are kept, damaged ones and those of other settings are made anew"""
    out = os.path.join(folder, "set")
    simulate(out, *GUN)
    known = checksums(out)
    times = {name: os.stat(os.path.join(out, name)).st_mtime_ns for name in known}
    os.remove(os.path.join(out, "events-00000.h5"))
    with open(os.path.join(out, "events-00001.h5"), "r+b") as file:
        file.truncate(5000)
    result = simulate(out, *GUN)
    assert result["files_kept"] == 1 and result["files_made"] == 2, result
    assert checksums(out) == known
    assert os.stat(os.path.join(out, "events-00002.h5")).st_mtime_ns == times["events-00002.h5"]
    more = simulate(out, *GUN, "--events", 9)
    assert more["files_kept"] == 2 and more["files_made"] == 1, more
    refused("simulate", "--out", out, *GUN, "--events", 3, code=2, says=["events-00001.h5", "another folder"])
    changed = simulate(out, *GUN, "--events", 9, "--seed", 5)
    assert changed["files_kept"] == 0 and changed["files_made"] == 3, changed


@in_folder
def test_interrupted(folder):
    """told to stop: no torn file, and the same command goes on to the same set"""
    count = events_in(1.5, folder)
    more = ["--particles", "e-", "--events", count, "--events-per-file", 2, "--threads", 1]
    whole = os.path.join(folder, "whole")
    simulate(whole, *more)
    for stop in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        out = os.path.join(folder, stop.name)
        with subprocess.Popen([LARSCALE, "simulate", "--out", out, *map(str, more)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as run:
            end = time.monotonic() + 60
            while not os.path.exists(os.path.join(out, "events-00002.h5")):
                assert run.poll() is None and time.monotonic() < end, "no file within 60 s"
                time.sleep(0.002)
            run.send_signal(stop)
            message = run.stderr.read()
            code = run.wait()
        left = sorted(os.listdir(out))
        assert len([name for name in left if name.endswith(".h5")]) < count / 2, "was too fast to be stopped"
        if stop != signal.SIGKILL:
            assert code == 3 and "stopped by a signal" in message, (code, message)
            assert all(name.endswith(".h5") for name in left), left
        for name in left:
            if name.endswith(".h5"):
                with h5py.File(os.path.join(out, name)) as file:
                    assert file["image/wires"].shape[0] == 2
        simulate(out, *more)
        assert checksums(out) == checksums(whole), sorted(os.listdir(out))


def events_in(seconds, folder):
    """as many events as one thread makes in this time; at least 60, an even number"""
    trial = os.path.join(folder, "trial")
    start = time.monotonic()
    simulate(trial, "--particles", "e-", "--events", 20, "--threads", 1)
    return 2 * max(30, int(seconds * 10 / (time.monotonic() - start)))


@in_folder
def test_interrupted_ranks(folder):
    """Ctrl-C and signals to mpirun: no torn file, and the same command goes on to the same set"""
    count = events_in(4, folder)
    more = ["--particles", "e-", "--events", count, "--events-per-file", 2, "--threads", 1]
    mpirun = [launcher(), "-np", "2"]
    whole = os.path.join(folder, "whole")
    simulate(whole, *more)
    for stop, everybody in ((signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False),
                            (signal.SIGUSR1, False)):
        out = os.path.join(folder, f"{stop.name}-{everybody}")
        with subprocess.Popen([*mpirun, LARSCALE, "simulate", "--out", out, *map(str, more)], text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True) as run:
            end = time.monotonic() + 60
            while not os.path.exists(os.path.join(out, "events-00003.h5")):
                assert run.poll() is None and time.monotonic() < end, "no file within 60 s"
                time.sleep(0.002)
            if everybody:
                os.killpg(run.pid, stop)
            else:
                run.send_signal(stop)
            message = run.stderr.read()
            code = run.wait()
        left = sorted(os.listdir(out))
        assert code != 0, message
        assert len([name for name in left if name.endswith(".h5")]) < count / 2, "was too fast to be stopped"
        print(f"# {stop.name} to {'all' if everybody else 'mpirun'}: code {code}, {len(left)} files, "
              f"{len([name for name in left if not name.endswith('.h5')])} unfinished")
        if stop == signal.SIGUSR1:
            assert code == 3 and "stopped by a signal" in message, (code, message)
        for name in left:
            if name.endswith(".h5"):
                with h5py.File(os.path.join(out, name)) as file:
                    assert file["image/wires"].shape[0] == 2
        simulate(out, *more)
        assert checksums(out) == checksums(whole), sorted(os.listdir(out))


@in_folder
def test_packed(folder):
    """packed files hold the same pixels"""
    a, b = os.path.join(folder, "a"), os.path.join(folder, "b")
    simulate(a, *GUN)
    simulate(b, *GUN, "--format", "packed")
    back = os.path.join(folder, "back.h5")
    larscale("convert", b, "--out", back)
    with h5py.File(os.path.join(a, "events-00000.h5")) as one, h5py.File(back) as two:
        for event in range(3):
            assert (one["image/wires"][event] == two["image/wires"][event]).all()
        assert (one["label/type"][:] == two["label/type"][:3, :2]).all()
    with h5py.File(os.path.join(b, "events-00000.h5")) as file:
        assert file["truth/vertex"].shape == (3, 3)
    again = simulate(b, *GUN, "--format", "packed")
    assert again["files_kept"] == 3
    simulate(b, *GUN)
    with h5py.File(os.path.join(b, "events-00000.h5")) as file:
        assert "image/wires" in file


def expected(rows):
    """What the formulas say, with JAXTPC's constants."""
    t = numpy.array(rows, dtype=COLUMNS)
    xi = 0.212 * t["dE"] / t["dx"] / (1.396 * 0.5)
    electrons = t["dE"] / 23.6e-6 * numpy.log(0.93 + xi) / xi
    left = electrons * numpy.exp(-t["x"] / (0.16 * 10000))
    root = 0.8660254037844386
    wires = {"U": (-root * t["y"] + 0.5 * t["z"] + 101.44) / 0.3, "V": (root * t["y"] + 0.5 * t["z"] + 99.76) / 0.3,
             "Y": (t["z"] - 0.25) / 0.3}
    return electrons, left, {p: numpy.clip(w, 0, 2399 if p != "Y" else 3455) for p, w in wires.items()}, \
        2 * (t["x"] / 0.16 + t["t"])


@in_folder
def test_deposits(folder):
    """deposits of another program: electrons, wire and time of each follow the formulas to 1e-5"""
    path, dump = os.path.join(folder, "deposits.h5"), os.path.join(folder, "dump.h5")
    rows = random_deposits(4000)
    write_deposits(path, rows)
    out = os.path.join(folder, "set")
    result = simulate(out, "--deposits", path, "--dump", dump, "--detector", "jaxtpc")
    assert result["events"] == 2 and result["deposits"] == 4000 and result["deposits_outside"] == 0, result
    electrons, left, wires, ticks = expected(rows)
    with h5py.File(dump) as file:
        table = file["deposits"][:]
    assert list(numpy.unique(table["event"])) == [10, 15]
    deviation("electrons of 4000 deposits, worst deviation", numpy.abs(table["electrons"] / electrons - 1).max())
    for plane in "UVY":
        deviation(f"electrons at {plane}, worst deviation", numpy.abs(table["electrons_" + plane] / left - 1).max())
        deviation(f"wire of {plane} by its number, worst deviation",
                  (numpy.abs(table["wire_" + plane] - wires[plane]) / numpy.maximum(wires[plane], 100)).max())
        deviation(f"arrival at {plane}, worst deviation", numpy.abs(table["tick_" + plane] / ticks - 1).max())
    with h5py.File(os.path.join(out, "events-00000.h5")) as file:
        assert file["image/wires"].shape == (2, 3, 3202, 3456) and "label" not in file
        assert list(file["truth/event"][:, 0]) == [10, 15]
        energy = numpy.array(rows, dtype=COLUMNS)["dE"]
        assert numpy.allclose(file["truth/energy"][:, 1], [energy[:2000].sum(), energy[2000:].sum()], rtol=1e-6)
    refused("simulate", "--deposits", path, "--out", out, "--dump", dump, code=2, says="dump.h5")


@in_folder
def test_detector_file(folder):
    """the same constants from a detector file; other columns ignored; a class for all"""
    path, dump = os.path.join(folder, "deposits.h5"), os.path.join(folder, "dump.h5")
    rows = random_deposits(100, events=1)
    write_deposits(path, rows, COLUMNS + [("colour", "S8"), ("px", "f4")])
    detector = os.path.join(folder, "design.detector")
    with open(detector, "w", encoding="ascii") as file:
        file.write("field 0.5\nvelocity 0.16 # cm/us\nlifetime 10000\ndiffusion_along 7.2\n"
                   "diffusion_across 12\ntrigger_tick 0\nticks 3202\n")
    out = os.path.join(folder, "set")
    simulate(out, "--deposits", path, "--dump", dump, "--detector", detector, "--particles", "pi-")
    with h5py.File(dump) as file:
        assert numpy.abs(file["deposits"]["electrons"] / expected(rows)[0] - 1).max() < 1e-5
    with h5py.File(os.path.join(out, "events-00000.h5")) as file:
        assert file["label/type"][:].tolist() == [[1]] and file["label/type"].attrs["label_index0"] == b"pi-"


@in_folder
def test_deposits_outside(folder):
    """deposits outside the detector are counted and said, and are no error"""
    path = os.path.join(folder, "deposits.h5")
    rows = random_deposits(50, events=1)
    rows += [(10, -5., 0., 500., 0., 1., 0.3, 1, 13), (10, 100., 200., 500., 0., 1., 0.3, 1, 13),
             (10, 100., 0., 500., 1e6, 1., 0.3, 1, 13)]
    write_deposits(path, rows)
    out = os.path.join(folder, "set")
    result = simulate(out, "--deposits", path)
    assert result["deposits_outside"] == 2 and result["deposits_untimely"] == 3, result
    said = larscale("simulate", "--deposits", path, "--out", os.path.join(folder, "other")).out
    assert "2 of 53 deposits lie outside" in said, said


@in_folder
def test_bad_deposits(folder):
    """bad tables of deposits are refused with file, column and row"""
    path = os.path.join(folder, "deposits.h5")
    out = ["--out", os.path.join(folder, "set")]
    good = (1, 10., 0., 500., 0., 1., 0.3, 1, 13)
    for column, (name, _) in enumerate(COLUMNS):
        write_deposits(path, [good], [c for c in COLUMNS if c[0] != name])
        refused("simulate", "--deposits", path, *out, says=[path, "/deposits", f"no member {name}"])
        write_deposits(path, [good], [(n, "f4" if t[0] == "i" and n == name else "S4" if n == name else t)
                                      for n, t in COLUMNS])
        refused("simulate", "--deposits", path, *out, says=[path, f"member {name} is not"])
        if 1 <= column <= 6:
            for bad in (float("nan"), float("inf"), 1e30) + ((-1.,) if column > 4 else ()):
                row = list(good)
                row[column] = bad
                write_deposits(path, [good, tuple(row)])
                refused("simulate", "--deposits", path, *out, says=[path, f" {name} of row 1 is"])
    write_deposits(path, [good, (0,) + good[1:]])
    refused("simulate", "--deposits", path, *out, says=["row 1 is of event 0 after", "sort"])
    write_deposits(path, [good], name="hits")
    refused("simulate", "--deposits", path, *out, says="/deposits is missing")
    with h5py.File(path, "w") as file:
        file["deposits"] = numpy.zeros(0, dtype=COLUMNS)
    refused("simulate", "--deposits", path, *out, says="no rows")
    with open(path, "w", encoding="ascii") as file:
        file.write("event,x,y\n")
    refused("simulate", "--deposits", path, *out, says=path)
    refused("simulate", "--deposits", path + ".none", *out, says=path + ".none")
    write_deposits(path, [good])
    refused("simulate", "--deposits", path, *out, "--events", 2, code=2, says="only 1")
    refused("simulate", "--deposits", path, *out, "--momentum", "1:2", code=2, says="no gun")
    refused("simulate", "--deposits", path, *out, "--particles", "e-,mu-", code=2, says="one particle")


@in_folder
def test_usage(folder):
    """wrong options are told apart and leave nothing"""
    out = ["--out", os.path.join(folder, "set")]
    for options, says in [
            (["--momentum", "3:1"], "--momentum 3:1"), (["--momentum", "nan:1"], "--momentum nan:1"),
            (["--momentum", "1"], "--momentum 1"), (["--momentum", "0:1"], "momentum"),
            (["--momentum", "1:1e9"], "momentum"), (["--momentum", "1:2x"], "--momentum 1:2x"),
            (["--particles", "muon"], "'muon'"), (["--particles", ""], "--particles"),
            (["--particles", "e-,e-"], "twice"), (["--particles", "e-,"], "''"),
            (["--vertex", "0:1"], "--vertex 0:1"), (["--vertex", "0:1,0:1,0:9999"], "active volume"),
            (["--vertex", "nan:1,0:1,0:9"], "--vertex"), (["--direction", "0,0,0"], "--direction"),
            (["--direction", "1,2"], "--direction"), (["--direction", "1,2,inf"], "--direction"),
            (["--events", "0"], "--events 0"), (["--events", "-3"], "--events"),
            (["--image", "wirs"], "--image"), (["--format", "root"], "--format"),
            (["--image", "rawdigits", "--chain", "shortcut"], "shortcut")]:
        refused("simulate", *out, *options, code=2, says=says)
    refused("simulate", code=2, says="--out")
    bad = os.path.join(folder, "bad.detector")
    with open(bad, "w", encoding="ascii") as file:
        file.write("field 0.5\nvelocty 0.16\n")
    refused("simulate", *out, "--detector", bad, says=["bad.detector:2", "velocty"])
    refused("simulate", *out, "--detector", bad + ".none", says=bad + ".none")
    assert os.listdir(folder) == ["bad.detector"]


@in_folder
def test_outputs(folder):
    """folders that cannot be written to"""
    file = os.path.join(folder, "file")
    with open(file, "w", encoding="ascii"):
        pass
    refused("simulate", "--out", file, *GUN, says=file)
    if os.geteuid() != 0:
        locked = os.path.join(folder, "locked")
        os.mkdir(locked, 0o500)
        refused("simulate", "--out", locked, *GUN, says=locked)
    else:
        refused("simulate", "--out", "/proc/larscale", *GUN, says="/proc/larscale")


def test_full_disk():
    """a full disk: one line, no torn file, and room makes the same command go on"""
    needs_hdf5()
    if sanitized():
        raise Skip("slow under sanitizers")
    for form, size in (("kevlar", "4M"), ("packed", "2M")):
        with small_disk(size) as folder:
            out = os.path.join(folder, "set")
            more = ["--particles", "e-", "--events", 60, "--events-per-file", 2, "--format", form]
            refused("simulate", "--out", out, *more, says=["events-", "cannot be written"])
            made = os.listdir(out)
            assert all(name.endswith(".h5") for name in made) and 0 < len(made) < 30, made
            subprocess.run(["mount", "-o", "remount,size=200M", folder], check=True)
            result = simulate(out, *more)
            assert result["files_kept"] == len(made) and result["files_made"] == 30 - len(made), (made, result)


@in_folder
def test_directions(folder):
    """vertex and direction as asked for; noise off; the shortcut sees tracks along the drift"""
    along = ["--particles", "mu-", "--momentum", "1:1", "--vertex", "20:20,0:0,500:500", "--direction", "1,0,0",
             "--events", 1, "--noise", "none"]
    sums = {}
    for chain in ("full", "shortcut"):
        out = os.path.join(folder, chain)
        simulate(out, *along, "--chain", chain)
        with h5py.File(os.path.join(out, "events-00000.h5")) as file:
            assert file["truth/vertex"][0].tolist() == [20, 0, 500]
            momentum = file["truth/momentum"][0]
            assert abs(momentum[0] - 1) < 1e-9 and abs(momentum[1]) + abs(momentum[2]) < 1e-9
            image = file["image/wires"][0]
            sums[chain] = [200 * image[p].sum() / file["truth/charge"][0, 1 + p] for p in range(3)]
    assert sums["full"][2] > 0.7 and all(s > 0.5 for s in sums["shortcut"]), sums
    assert all(sums["full"][p] < 0.75 * sums["shortcut"][p] for p in range(2)), sums


@in_folder
def test_starts(folder):
    """in images photons begin apart from their vertex and twice as bright as electrons"""
    try:
        import starts
    except ImportError:
        raise Skip("python3-blosc is not installed") from None
    starts.simulate(LARSCALE, folder, 400)
    found = starts.summary(starts.measure(folder))
    source = "MicroBooNE, JINST 15 (2020) P02007; ArgoNeuT, PRD 95 (2017) 072005"
    physics_row("gap of e- in images, median", found["gap_e"], 0, 0.6, "cm", "two wires")
    physics_row("gap of gamma in images", found["gap_gamma"], 21, 4.5, "cm", "9/7 X0, XCOM; four wires in a row")
    physics_row("dE/dx of gamma over e- in images", found["dedx_gamma"] / found["dedx_e"], 2, 0.4, "", source)
    assert found["right_by_dedx"] > 0.85, found


@in_folder
def test_rawdigits(folder):
    """rawdigits: every wire and tick, with pedestal and noise; packed holds the same"""
    small = os.path.join(folder, "small.detector")
    with open(small, "w", encoding="ascii") as file:
        file.write("ticks 900\ntrigger_tick 0\n")  # more than are made at a time
    out = os.path.join(folder, "set")
    more = ["--image", "rawdigits", "--detector", small, "--events", 2, "--particles", "mu-"]
    simulate(out, *more, "--threads", 1)
    with h5py.File(os.path.join(out, "events-00000.h5")) as file:
        image, second = file["image/rawdigits"][0], file["image/rawdigits"][1]
    assert image.shape == (3, 900, 3456) and (image[:2, :, 2400:] == 0).all()
    for plane, (wires, pedestal, noise) in enumerate([(2400, 2046, 1.85), (2400, 2046, 1.85), (3456, 473, 1.6)]):
        part = image[plane, :, :wires]
        assert (part > 0).all() and abs(numpy.median(part) - pedestal) <= 1
        spread = numpy.subtract(*numpy.percentile(part, [84.1, 15.9])) / 2
        assert abs(spread - noise) < 0.6, spread
    packed, back = os.path.join(folder, "packed"), os.path.join(folder, "back.h5")
    simulate(packed, *more, "--format", "packed", "--threads", 2)
    assert json.loads(larscale("validate", "--json", packed, out, expect=None).out)["checks"]["read"] == 0
    larscale("convert", packed, "--out", back, "--image-set", "rawdigits")
    with h5py.File(back) as file:
        assert (file["image/rawdigits"][0] == image).all() and (file["image/rawdigits"][1] == second).all()
    again = os.path.join(folder, "again")
    simulate(again, *more, "--threads", 2)
    assert checksums(again) == checksums(out)


@in_folder
def test_rawdigits_memory(folder):
    """whole waveforms of full size, 300 MB an event, take less than 200 MB, with two threads too"""
    if sanitized():
        raise Skip("a sanitizer's memory is its own")
    for form in ("kevlar", "packed"):
        result = simulate(os.path.join(folder, form), "--image", "rawdigits", "--events", 2, "--threads", 2,
                          "--format", form)
        print(f"# {form}: {result['peak_memory_mb']:.0f} MB, {result['bytes_made'] / 2e6:.1f} MB an event on disk, "
              f"{sum(result['ms_per_event'].values()):.0f} ms an event")
        assert result["peak_memory_mb"] < 200, result


main(globals())
