"""validate: calls good files valid and damaged copies suspicious or broken, naming the damage."""
import json
import os
import shutil
import subprocess

import numpy

from program import LARSCALE, Skip, larscale, launcher, main, needs_hdf5, real_events, refused, run, sanitized, \
    with_trial

VALID, SUSPICIOUS, BROKEN = 0, 4, 5
NAMES = {VALID: "valid", SUSPICIOUS: "suspicious", BROKEN: "broken"}


def events(trial, name="events.h5", count=20, **more):
    """A good KevLAr file; its name."""
    needs_hdf5()
    path = trial.path(name)
    options = [word for key, value in more.items() for word in (f"--{key}", value)]
    larscale("synthetic", "--events", count, "--size", 120, "--out", path, *options)
    return path


def validate(*arguments, code, ranks=1):
    """The report, whose verdict must be that of the exit code, for people and for programs."""
    command = [LARSCALE, "validate", *map(str, arguments)]
    if ranks > 1:
        command = [launcher(), "-np", str(ranks), *command]
    result = run([*command, "--json"], expect=code)
    assert not result.message(), result.err
    report = json.loads(result.out)
    assert report["verdict"] == NAMES[code]
    assert sum(report["checks"].values()) == 0 or code != VALID, report
    if ranks == 1:
        assert run(command, expect=code).out.splitlines()[-1] == f"verdict: {NAMES[code]}"
    return report


def damaged(trial, code, check, event, says, damage, source=None):
    """A copy to which something is done has exactly one finding, of that check, with these words."""
    source = source or events(trial)
    copy = trial.path("damaged.h5")
    shutil.copy(source, copy)
    damage(copy)
    report = validate(copy, code=code)
    found = report["findings"]
    assert len(found) == 1, found
    assert (found[0]["check"], found[0]["event"]) == (check, event), found
    place = " ".join(str(found[0][key]) for key in ("file", "set", "text"))
    for word in [copy, *([says] if isinstance(says, str) else says)]:
        assert word in place, f"'{word}' is not in: {place}"
    assert report["checks"][check] == 1 and sum(report["checks"].values()) == 1, report["checks"]
    people = run([LARSCALE, "validate", copy], expect=code).out
    assert copy in people and (event is None or f"event {event}" in people), people


def with_h5py(change):
    """A damage that h5py does to an open file."""
    def damage(path):
        import h5py
        with h5py.File(path, "r+") as file:
            change(file)
    return damage


def replace(file, name, values, **more):
    """Another data set in the place of one; its attributes stay."""
    attributes = dict(file[name].attrs)
    del file[name]
    file.create_dataset(name, data=values, **more).attrs.update(attributes)


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 4]))


@with_trial
def test_good(trial):
    """good files are valid, in KevLAr and packed"""
    path = events(trial)
    larscale("convert", path, "--format", "packed", "--out", trial.path("packed.h5"))
    reports = [validate(path, code=VALID), validate(trial.path("packed.h5"), code=VALID)]
    for report, form in zip(reports, ("kevlar", "packed")):
        assert report["format"] == form and report["events"] == 20 and report["files_opened"] == 1
        assert [c["events"] for c in report["classes"]] == [4] * 5, report["classes"]
    assert reports[0]["classes"] == reports[1]["classes"]


@with_trial
def test_distributions(trial):
    """pixels and charge of the table are those of the events, to the histogram's 5 percent"""
    path = events(trial, count=100)
    report = validate(path, code=VALID)
    inspected = json.loads(larscale("inspect", path, "--json").out)["events"]
    for entry in report["classes"]:
        mine = [e for e in inspected if e["label"] == entry["label"]]
        assert entry["events"] == len(mine) == 20
        for p, plane in enumerate(entry["planes"]):
            for name, key in (("pixels", "pixels"), ("charge", "sum")):
                values = numpy.sort([e["planes"][p][key] for e in mine])
                found = plane[name]
                assert (found["minimum"], found["maximum"]) == (values[0], values[-1])
                least = next(e for e in mine if e["planes"][p][key] == values[0])
                assert found["minimum_event"] == least["event"]
                for quantile, at in (("q05", 0), ("median", 9), ("q95", 18)):
                    assert abs(found[quantile] / values[at] - 1) < 0.05, (entry["class"], p, name, quantile)


@with_trial
def test_truncated(trial):
    """damage: a file cut short"""
    damaged(trial, BROKEN, "file", None, ["cut short"], lambda path: os.truncate(path, 30000))


@with_trial
def test_flipped_byte(trial):
    """damage: a flipped byte in an event's chunk"""
    def damage(path):
        import h5py
        with h5py.File(path) as file:
            chunk = file["image/wires"].id.get_chunk_info(7)
        flip(path, chunk.byte_offset + chunk.size // 2)
    damaged(trial, BROKEN, "read", 7, "/image/wires", damage)


@with_trial
def test_flipped_byte_packed(trial):
    """damage: a flipped byte in a record of a packed file, and in its index"""
    import h5py
    path = events(trial)
    packed = trial.path("packed.h5")
    larscale("convert", path, "--format", "packed", "--out", packed)
    with h5py.File(packed) as file:
        start = int(file["packed/index"][11]["offset"])
        records = file["packed/records"].id.get_chunk_info(0).byte_offset
        index = file["packed/index"].id.get_chunk_info(0).byte_offset
        width = file["packed/index"].dtype.itemsize
    damaged(trial, BROKEN, "read", 11, ["/packed/records", "checksum"],
            lambda copy: flip(copy, records + start + 100), packed)
    damaged(trial, BROKEN, "read", 12, ["/packed/records", "head of a block"],
            lambda copy: flip(copy, records + int(h5py.File(copy)["packed/index"][12]["offset"]) + 3), packed)
    shutil.copy(packed, trial.path("row.h5"))
    flip(trial.path("row.h5"), index + 5 * width + 50)
    report = validate(trial.path("row.h5"), code=BROKEN)
    assert {(f["check"], f["event"]) for f in report["findings"]} == {("read", 5)}, report["findings"]


@with_trial
def test_no_images(trial):
    """damage: no set of images"""
    damaged(trial, BROKEN, "file", None, "/image/wires", with_h5py(lambda file: file.pop("image/wires")))


@with_trial
def test_no_labels(trial):
    """damage: no set of labels; with --labels it is not missed"""
    damaged(trial, SUSPICIOUS, "labels", None, ["/label/type", "no labels"],
            with_h5py(lambda file: file.pop("label/type")))
    validate(trial.path("damaged.h5"), "--labels", "constant:0", code=VALID)


@with_trial
def test_empty_sets(trial):
    """damage: sets without events"""
    damaged(trial, BROKEN, "file", None, ["/image/wires", "no event"],
            with_h5py(lambda file: file["image/wires"].resize(0, axis=0)))


@with_trial
def test_label_count(trial):
    """damage: fewer labels than images"""
    damaged(trial, BROKEN, "file", None, ["/label/type", "19", "20"],
            with_h5py(lambda file: replace(file, "label/type", file["label/type"][:19])))


@with_trial
def test_zero_label(trial):
    """damage: a row of labels that is all zero"""
    def damage(file):
        file["label/type"][3] = 0
    damaged(trial, BROKEN, "class", 3, ["/label/type", "all zero"], with_h5py(damage))


@with_trial
def test_nan(trial):
    """damage: one NaN among floats"""
    def damage(file):
        images = file["image/wires"][:].astype("f4")
        images[9, 1, 17, 23] = numpy.nan
        replace(file, "image/wires", images, chunks=(1, *images.shape[1:]), compression="gzip")
    damaged(trial, BROKEN, "finite", 9, ["/image/wires", "plane 1", "tick 17", "wire 23", "nan"],
            with_h5py(damage))


@with_trial
def test_type(trial):
    """damage: images of a type that the format has not"""
    damaged(trial, BROKEN, "file", None, ["/image/wires", "int32"],
            with_h5py(lambda file: replace(file, "image/wires", file["image/wires"][:].astype("f8"))))


@with_trial
def test_shape(trial):
    """damage: images of a wrong shape"""
    damaged(trial, BROKEN, "file", None, ["/image/wires", "3 dimensions"],
            with_h5py(lambda file: replace(file, "image/wires", file["image/wires"][:, 0])))


@with_trial
def test_duplicate(trial):
    """damage: an event that comes twice"""
    def damage(file):
        file["image/wires"][14] = file["image/wires"][4]
    damaged(trial, SUSPICIOUS, "duplicate", 14, ["/image/wires", "event 4"], with_h5py(damage))


@with_trial
def test_no_duplicate(trial):
    """the same pixels with other values, or on another plane, are no duplicate"""
    def change(file):
        images = file["image/wires"]
        images[14], images[15] = 2 * images[4], images[4][[1, 0, 2]]
    path = events(trial)
    with_h5py(change)(path)
    validate(path, code=VALID)


@with_trial
def test_empty_event(trial):
    """damage: an event without any pixel"""
    def damage(file):
        file["image/wires"][6] = 0
    damaged(trial, SUSPICIOUS, "empty", 6, "/image/wires", with_h5py(damage))


@with_trial
def test_truth(trial):
    """damage: truth of too few events, and a flipped byte in it"""
    import h5py
    path = events(trial)
    with h5py.File(path, "r+") as file:
        file.create_dataset("truth/vertex", data=numpy.zeros((20, 3)), chunks=(4, 3), fletcher32=True)
        place = file["truth/vertex"].id.get_chunk_info(2).byte_offset
    validate(path, code=VALID)
    damaged(trial, BROKEN, "truth", None, ["/truth/vertex", "19", "20"],
            with_h5py(lambda file: replace(file, "truth/vertex", numpy.zeros((19, 3)))), path)
    copy = trial.path("flipped.h5")
    shutil.copy(path, copy)
    flip(copy, place + 5)
    report = validate(copy, code=BROKEN)
    assert {(f["check"], f["event"]) for f in report["findings"]} == {("truth", e) for e in range(8, 12)}


@with_trial
def test_quiet_event(trial):
    """an event without pixels is no fault if the file knows that no charge reached the planes"""
    def damage(file, charge):
        file["image/wires"][6] = 0
        values = numpy.full((20, 4), 1e6)
        values[6] = charge
        file["truth/charge"] = values
    path = events(trial)
    for charge, code in (([0, 0, 0, 0], VALID), ([1e9, 9e3, 9e3, 9e3], VALID), ([0, 0, 0, 2e4], SUSPICIOUS),
                         ([0, numpy.nan, 0, 0], SUSPICIOUS)):
        copy = trial.path("damaged.h5")
        shutil.copy(path, copy)
        with_h5py(lambda file, charge=charge: damage(file, charge))(copy)
        report = validate(copy, code=code)
        assert report["events_without_charge"] == (code == VALID)
        assert report["checks"]["empty"] == (code != VALID)

    def rename(file):
        damage(file, [0, 0, 0, 0])
        file.move("truth/charge", "truth/other")
    damaged(trial, SUSPICIOUS, "empty", 6, "/image/wires", with_h5py(rename), path)


@with_trial
def test_one_class(trial):
    """damage: one class only, and a class without events"""
    def damage(file, kept):
        labels = file["label/type"][:]
        lost = [k for k in range(5) if k not in kept]
        labels[:, kept[0]] += labels[:, lost].sum(axis=1)
        labels[:, lost] = 0
        file["label/type"][:] = labels
    path = events(trial)
    for kept, says in (([2], "all events are of one class, track"), ([0, 1, 2, 4], "class kinked track has no event")):
        copy = trial.path("damaged.h5")
        shutil.copy(path, copy)
        with_h5py(lambda file, kept=kept: damage(file, kept))(copy)
        report = validate(copy, code=SUSPICIOUS)
        assert [f["text"] for f in report["findings"]] == [says], report["findings"]


@with_trial
def test_alike(trial):
    """files of another geometry or other classes than the first"""
    first, other = events(trial), events(trial, "other.h5", seed=2)
    validate(first, other, code=VALID)
    larscale("synthetic", "--events", 5, "--size", 100, "--seed", 3, "--out", trial.path("small.h5"))
    report = validate(first, trial.path("small.h5"), code=BROKEN)
    assert [(f["check"], f["file"]) for f in report["findings"]] == [("alike", trial.path("small.h5"))]

    def rename(file):
        file["label/type"].attrs["label_index0"] = numpy.bytes_("proton")
    with_h5py(rename)(other)
    report = validate(first, other, code=BROKEN)
    assert [f["check"] for f in report["findings"]] == ["alike"] and "proton" in report["findings"][0]["text"]


@with_trial
def test_others_go_on(trial):
    """a broken file does not keep the others from being checked; copies are found across files"""
    first, other = events(trial), events(trial, "other.h5", seed=2)
    bad = trial.path("bad.h5")
    shutil.copy(first, bad)
    os.truncate(bad, 5000)

    def copy_event(file):
        import h5py
        with h5py.File(first) as source:
            file["image/wires"][19] = source["image/wires"][2]
    with_h5py(copy_event)(other)
    report = validate(bad, first, other, code=BROKEN)
    assert report["files"] == 3 and report["files_opened"] == 2 and report["events"] == 40
    assert [(f["check"], f["file"], f["event"]) for f in report["findings"]] == \
        [("file", bad, None), ("duplicate", other, 19)], report["findings"]
    assert f"event 2 of {first}" in report["findings"][1]["text"]
    folder = trial.path("folder")
    os.mkdir(folder)
    shutil.move(bad, folder)
    assert validate(folder, first, code=BROKEN)["files_opened"] == 1


@with_trial
def test_many_findings(trial):
    """of many findings the first hundred are listed and all are counted"""
    path = events(trial, count=240)

    def damage(file):
        file["label/type"][30:180] = 0
    with_h5py(damage)(path)
    for ranks in (1, 3):
        report = validate(path, code=BROKEN, ranks=ranks)
        assert report["checks"]["class"] == 150
        assert [f["event"] for f in report["findings"]] == list(range(30, 130))


@with_trial
def test_ranks(trial):
    """any number of ranks gives the same report"""
    launcher()
    path, other = events(trial, count=23), events(trial, "other.h5", count=7, seed=2)

    def damage(file):
        file["image/wires"][5], file["image/wires"][8] = file["image/wires"][17], 0
        file["label/type"][3] = 0
    with_h5py(damage)(path)
    bad = trial.write("bad.h5", "no event file\n" * 90)
    one = validate(path, bad, other, code=BROKEN)
    assert len(one["findings"]) == 4, one["findings"]
    for ranks in (2, 5):
        assert validate(path, bad, other, code=BROKEN, ranks=ranks) == one, ranks
    validate(other, code=VALID, ranks=3)


@with_trial
def test_other_formats(trial):
    """larcv3 and NumPy have no labels of their own; --labels brings them"""
    validate(trial.data, code=VALID)
    assert [c["events"] for c in validate(trial.data, "--labels", trial.label_file, code=VALID)["classes"]] == [4] * 3
    bad = trial.images.copy()
    bad[4, 3, 2] = numpy.inf
    numpy.save(trial.path("bad.npy"), bad)
    report = validate(trial.path("bad.npy"), code=BROKEN)
    assert [(f["check"], f["event"], f["set"]) for f in report["findings"]] == [("finite", 4, None)]
    numpy.save(trial.path("short.npy"), trial.labels[:5])
    refused("validate", trial.data, "--labels", trial.path("short.npy"), says=["short.npy", "5", "12"])
    source = real_events()
    assert validate(source, code=VALID)["events"] == 5
    assert validate(source, "--labels", "pdg", code=SUSPICIOUS)["checks"]["classes"] == 3


@with_trial
def test_bad_input(trial):
    """paths that lead nowhere, nothing to check, a file twice, no such option"""
    refused("validate", code=2, says="no events given")
    refused("validate", trial.path("none.h5"), says="none.h5")
    refused("validate", trial.data, trial.data, code=2, says="same file")
    refused("validate", trial.data, "--labels", "nonsense", code=2, says="--labels nonsense")
    os.mkdir(trial.path("empty"))
    refused("validate", trial.path("empty"), says="empty", code=None)
    refused("validate", trial.path("none.h5"), ranks=2, says="none.h5")


@with_trial
def test_memory(trial):
    """a set of forty times the events takes no more memory but for 16 bytes each"""
    if sanitized():
        raise Skip("a sanitizer's memory is its own")
    few, many = events(trial, "few.h5", count=100), events(trial, "many.h5", count=4000)
    used = []
    for path in (few, many):
        process = subprocess.Popen([LARSCALE, "validate", path], stdout=subprocess.DEVNULL)
        _, code, usage = os.wait4(process.pid, 0)
        assert code == 0
        used.append(usage.ru_maxrss)
    print(f"# peak memory: {used[0] / 1024:.1f} MB for 100 events, {used[1] / 1024:.1f} MB for 4000")
    assert used[1] < used[0] + 3 * 1024, used


main(globals())
