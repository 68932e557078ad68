"""One command makes a labelled set of five kinds: validate calls it valid, and damaged copies broken."""
import glob
import json
import os
import shutil
import tempfile

import numpy
from program import Skip, larscale, main, needs_hdf5, run, LARSCALE, sanitized

try:
    import h5py
except ImportError:
    h5py = None

VALID, BROKEN = 0, 5
EVENTS = int(os.environ.get("LARSCALE_SET_EVENTS", "60"))  # 500 for the night
FILES = 5


def simulated(form):
    """A set of this format, made once."""
    needs_hdf5()
    if h5py is None:
        raise Skip("python3-h5py is not installed")
    if sanitized():
        raise Skip("slow under sanitizers")
    if not hasattr(simulated, "folder"):
        simulated.folder = tempfile.TemporaryDirectory(prefix="larscale-test-")
    out = os.path.join(simulated.folder.name, form)
    if not os.path.exists(out):
        larscale("simulate", "--events", EVENTS, "--events-per-file", EVENTS // FILES, "--format", form, "--out", out)
    return out


def validate(folder, code):
    report = json.loads(run([LARSCALE, "validate", folder, "--json"], expect=code).out)
    assert report["verdict"] == {VALID: "valid", BROKEN: "broken"}[code]
    return report


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 4]))


def replace(file, name, values, **more):
    attributes = dict(file[name].attrs)
    del file[name]
    file.create_dataset(name, data=values, **more).attrs.update(attributes)


def cut_short(path):
    os.truncate(path, os.path.getsize(path) // 2)


def flip_event(path):
    with h5py.File(path) as file:
        chunk = file["image/wires"].id.get_chunk_info(4)
    flip(path, chunk.byte_offset + chunk.size // 2)


def zero_labels(path):
    with h5py.File(path, "r+") as file:
        file["label/type"][7] = 0


def fewer_labels(path):
    with h5py.File(path, "r+") as file:
        replace(file, "label/type", file["label/type"][:-1])


def other_classes(path):
    with h5py.File(path, "r+") as file:
        file["label/type"].attrs["label_index2"] = numpy.bytes_("proton")


def no_images(path):
    with h5py.File(path, "r+") as file:
        del file["image/wires"]


def other_type(path):
    with h5py.File(path, "r+") as file:
        replace(file, "image/wires", numpy.zeros((3, 3, 8, 8), "f8"))


def other_shape(path):
    with h5py.File(path, "r+") as file:
        values = numpy.arange(EVENTS // FILES * 192, dtype="i4").reshape(-1, 3, 8, 8)
        replace(file, "image/wires", values, chunks=(1, 3, 8, 8))


def fewer_truths(path):
    with h5py.File(path, "r+") as file:
        replace(file, "truth/vertex", file["truth/vertex"][:-1])


def flip_record(path):
    with h5py.File(path) as file:
        at = file["packed/records"].id.get_chunk_info(0).byte_offset + int(file["packed/index"][1]["offset"])
    flip(path, at + 200)


def flip_row(path):
    with h5py.File(path) as file:
        at = file["packed/index"].id.get_chunk_info(0).byte_offset + 3 * file["packed/index"].dtype.itemsize
    flip(path, at + 50)


def no_file(path):
    with open(path, "w", encoding="ascii") as file:
        file.write("no event file\n" * 90)


# what is done, to which format, found as (check, event), and words that name it
DAMAGES = [(cut_short, "kevlar", "file", None, ["cut short"]), (flip_event, "kevlar", "read", 4, ["/image/wires"]),
           (zero_labels, "kevlar", "class", 7, ["/label/type", "all zero"]),
           (fewer_labels, "kevlar", "file", None, ["/label/type"]),
           (other_classes, "kevlar", "alike", None, ["proton"]), (no_images, "kevlar", "file", None, ["/image"]),
           (other_type, "kevlar", "file", None, ["/image/wires"]),
           (other_shape, "kevlar", "alike", None, ["8 ticks x 8 wires"]),
           (fewer_truths, "kevlar", "truth", None, ["/truth/vertex"]),
           (cut_short, "packed", "file", None, []), (flip_record, "packed", "read", 1, ["/packed/records"]),
           (flip_row, "packed", "read", 3, ["/packed/index"]), (no_file, "packed", "file", None, [])]


def test_valid():
    """the set is valid, in both formats, with as many events of each of five kinds"""
    reports = [validate(simulated(form), VALID) for form in ("packed", "kevlar")]
    for report in reports:
        assert report["events"] == EVENTS and report["files_opened"] == FILES, report
        assert [(c["class"], c["events"]) for c in report["classes"]] == \
            [(kind, EVENTS // 5) for kind in ("gamma", "e-", "mu-", "pi-", "K+")], report["classes"]
    assert reports[0]["classes"] == reports[1]["classes"]


def test_damages():
    """each of thirteen damaged copies is broken, and what makes it so names file, data set, event and damage"""
    for damage, form, check, event, words in DAMAGES:
        source = simulated(form)
        copy = source + "-damaged"
        shutil.copytree(source, copy)
        path = sorted(glob.glob(os.path.join(copy, "*.h5")))[1]
        damage(path)
        # without whole truth, an event without charge is suspicious besides
        found = [f for f in validate(copy, BROKEN)["findings"] if f["makes"] == "broken"]
        text = " ".join(str(found[0][key]) for key in ("file", "set", "text"))
        print(f"# {form}, {damage.__name__}: event {found[0]['event']}, {text.replace(copy, 'SET')}")
        assert {(f["check"], f["event"]) for f in found} == {(check, event)}, (damage, found)
        assert all(word in text for word in [path, *words]), (damage, text)
        shutil.rmtree(copy)


main(globals())
