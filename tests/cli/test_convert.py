"""convert, synthetic and inspect: copies of events hold what the events held."""
import json
import os

import numpy

from program import Skip, larscale, main, needs_hdf5, real_events, refused, with_trial


def checksums(path, *more):
    events = json.loads(larscale("inspect", path, "--json", *more).out)["events"]
    return [event["checksum"] for event in events]


@with_trial
def test_real_lossless(trial):
    """real events to KevLAr and read back: every pixel the same, bit for bit"""
    source, copy = real_events(), trial.path("copy.h5")
    larscale("convert", source, "--labels", "index", "--out", copy)
    assert checksums(copy) == checksums(source)
    again = trial.path("again.h5")
    larscale("convert", copy, "--out", again)
    assert checksums(again) == checksums(source)
    labels = [e["label"] for e in json.loads(larscale("inspect", again, "--json").out)["events"]]
    assert labels == [0, 1, 2, 3, 4], labels


@with_trial
def test_packed(trial):
    """KevLAr to packed files and back: every pixel, label and class name the same, bit for bit"""
    needs_hdf5()
    import h5py
    kevlar, packed, back = (trial.path(name) for name in ("kevlar.h5", "packed.h5", "back.h5"))
    larscale("synthetic", "--events", 10, "--size", 200, "--out", kevlar)
    larscale("convert", kevlar, "--format", "packed", "--out", packed)
    larscale("convert", packed, "--out", back)
    assert checksums(packed) == checksums(kevlar) == checksums(back)
    with h5py.File(kevlar) as a, h5py.File(back) as b:
        for name in ("image/wires", "label/type"):
            assert a[name].dtype == b[name].dtype and numpy.array_equal(a[name], b[name]), name
        assert dict(a["label/type"].attrs) == dict(b["label/type"].attrs)
    with h5py.File(packed) as file:
        assert list(file) == ["packed"], list(file)
    refused("convert", kevlar, "--format", "packed", "--size", 64, "--out", trial.path("x.h5"), code=2,
            says="whole events")


@with_trial
def test_truth(trial):
    """what a simulation knows of its events goes along, through every format and several files"""
    needs_hdf5()
    import h5py
    first, second, packed, back = (trial.path(name) for name in ("a.h5", "b.h5", "packed.h5", "back.h5"))
    random, values = numpy.random.default_rng(3), {}
    for path, seed in ((first, 1), (second, 2)):
        larscale("synthetic", "--events", 5, "--size", 64, "--seed", seed, "--out", path)
        with h5py.File(path, "r+") as file:
            for name, width in (("vertex", 3), ("energy", 6)):
                rows = random.random((5, width))
                rows[2] = numpy.nan
                values[name] = numpy.concatenate([values[name], rows]) if seed == 2 else rows
                file.create_dataset(f"truth/{name}", data=rows).attrs["columns"] = numpy.bytes_(f"{name} [MeV]")
            file["truth/number"] = numpy.arange(5)
    larscale("convert", first, second, "--format", "packed", "--out", packed)
    larscale("convert", packed, "--out", back)
    for path in (packed, back):
        with h5py.File(path) as file:
            assert sorted(file["truth"]) == ["energy", "number", "vertex"]
            assert list(file["truth/number"][:, 0]) == [0, 1, 2, 3, 4] * 2
            for name, rows in values.items():
                assert numpy.array_equal(file[f"truth/{name}"], rows, equal_nan=True), (path, name)
                assert file[f"truth/{name}"].attrs["columns"] == f"{name} [MeV]".encode()
    with h5py.File(second, "r+") as file:
        del file["truth/vertex"]
    refused("convert", first, second, "--out", trial.path("c.h5"), says=["b.h5", "/truth", "a.h5"])
    assert not os.path.exists(trial.path("c.h5"))


@with_trial
def test_packed_real(trial):
    """real events to a packed file: pixels, run and event numbers and PDG codes are kept"""
    source, copy = real_events(), trial.path("copy.h5")
    larscale("convert", source, "--labels", "index", "--format", "packed", "--out", copy)
    both = [json.loads(larscale("inspect", path, "--json").out)["events"] for path in (source, copy)]
    for a, b in zip(*both):
        for key in ("checksum", "run", "subrun", "number", "pdg", "planes"):
            assert a[key] == b[key], key
    assert [e["label"] for e in both[1]] == [0, 1, 2, 3, 4]


@with_trial
def test_whole_numbers(trial):
    """whole numbers stay int32, and h5py reads what was written"""
    needs_hdf5()
    import h5py
    trial.images = numpy.rint(trial.images * 100).astype("int32")
    numpy.save(trial.data, trial.images)
    copy = trial.path("copy.h5")
    larscale("convert", trial.data, "--labels", trial.label_file, "--out", copy)
    with h5py.File(copy) as file:
        images = file["image/wires"]
        assert images.dtype == "<i4" and images.shape == (12, 1, 40, 40) and images.compression == "gzip"
        assert numpy.array_equal(images[:, 0], trial.images)
        assert numpy.array_equal(file["label/type"][:].argmax(axis=1), trial.labels)
    assert checksums(copy) == checksums(trial.data)


@with_trial
def test_rounding(trial):
    """floats become int32 only when asked for"""
    needs_hdf5()
    import h5py
    larscale("convert", trial.data, "--out", trial.path("float.h5"))
    larscale("convert", trial.data, "--values", "int32", "--scale", 100, "--out", trial.path("int.h5"))
    with h5py.File(trial.path("float.h5")) as file:
        assert file["image/wires"].dtype == "<f4"
        assert numpy.array_equal(file["image/wires"][:, 0], trial.images)
    with h5py.File(trial.path("int.h5")) as file:
        expected = numpy.rint(trial.images.astype("float64") * 100).astype("int32")
        assert numpy.array_equal(file["image/wires"][:, 0], expected)


@with_trial
def test_float_words(trial):
    """KevLAr files of float32: -0 is no pixel, NaN and infinity are refused where they are used"""
    needs_hdf5()
    import h5py
    values = numpy.zeros((3, 1, 40, 40), "float32")
    values[0, 0, 1, 1], values[0, 0, 2, 2] = -0.0, 2.5
    values[1, 0, 3, 4], values[2, 0, 5, 6] = numpy.nan, -numpy.inf
    path = trial.path("words.h5")
    with h5py.File(path, "w") as file:
        file.create_dataset("image/wires", data=values, chunks=(1, 1, 40, 40), compression="gzip")
    event = json.loads(larscale("inspect", path, "--event", 0, "--json").out)["events"][0]
    assert event["planes"][0]["pixels"] == 1 and event["planes"][0]["sum"] == 2.5, event
    refused("load", path, "--plane", "U", "--rebin", 1, "--first-tick", 0, "--size", 40,
            says=["event 1", "tick 3", "wire 4", "nan"])


@with_trial
def test_to_npy(trial):
    """the network's images as NumPy arrays: rebinned, cut and scaled as the options say"""
    copy = trial.path("images.out.npy")
    larscale("convert", trial.data, "--labels", trial.label_file, "--rebin", 2, "--first-tick", 10, "--size", 12,
             "--scale", 0.5, "--out", copy)
    images = numpy.load(copy)
    window = trial.images[:, 10:34, :12].astype("float64")
    expected = (window[:, 0::2] + window[:, 1::2]) * 0.5
    assert images.shape == (12, 12, 12) and images.dtype == "float32"
    assert numpy.allclose(images, expected, rtol=1e-6)
    assert numpy.array_equal(numpy.load(trial.path("images.out.labels.npy")), trial.labels)


@with_trial
def test_planes_to_npy(trial):
    """three planes become the last axis, and train reads them again"""
    needs_hdf5()
    events, copy = trial.path("events.h5"), trial.path("all.npy")
    larscale("synthetic", "--events", 6, "--size", 64, "--out", events)
    larscale("convert", events, "--plane", "all", "--rebin", 1, "--first-tick", 0, "--size", 64, "--out", copy)
    images = numpy.load(copy)
    assert images.shape == (6, 64, 64, 3) and images.any(axis=(0, 1, 2)).all()
    larscale("train", "--data", copy, "--labels", trial.path("all.labels.npy"), "--network",
             trial.write("five.network", "blocks 4 8\nkernel 3\npool 5\ndense 8 5\n"), "--epochs", 1, "--out",
             trial.path("run"))


@with_trial
def test_scaled_whole_numbers(trial):
    """whole numbers that are scaled become float32, not rounded ones unless --values int32 says so"""
    needs_hdf5()
    import h5py
    whole = numpy.rint(trial.images * 100).astype("int32")
    numpy.save(trial.data, whole)
    for name, more, expected in (("float", [], (whole * numpy.float64(0.3)).astype("f4")),
                                 ("whole", ["--values", "int32"], numpy.rint(whole * 0.3).astype("i4"))):
        larscale("convert", trial.data, "--scale", 0.3, *more, "--out", trial.path(f"{name}.h5"))
        with h5py.File(trial.path(f"{name}.h5")) as file:
            images = file["image/wires"][:, 0]
        assert images.dtype == expected.dtype and numpy.array_equal(images, expected), name
    refused("convert", trial.data, "--scale", 0, "--out", trial.path("none.h5"), code=2, says="--scale 0")


@with_trial
def test_synthetic(trial):
    """event i depends on the seed alone; kinds have honest names; each kind leaves pixels"""
    needs_hdf5()
    for name, events, seed in (("a", 5, 1), ("b", 10, 1), ("c", 5, 2)):
        larscale("synthetic", "--events", events, "--seed", seed, "--size", 100, "--out", trial.path(f"{name}.h5"))
    a, b, c = (checksums(trial.path(f"{name}.h5")) for name in "abc")
    assert b[:5] == a and not set(a) & set(c) and len(set(b)) == 10
    events = json.loads(larscale("inspect", trial.path("a.h5"), "--json").out)["events"]
    assert [e["class"] for e in events] == ["blob", "two blobs", "track", "kinked track", "short track"]
    assert all(plane["pixels"] > 5 for e in events for plane in e["planes"]), events


@with_trial
def test_refusals(trial):
    """options that do not fit together; no file under the final name after an error"""
    needs_hdf5()
    out = trial.path("out.h5")
    refused("convert", trial.data, code=2, says="--out")
    refused("convert", trial.data, "--size", 20, "--out", out, code=2, says="--size")
    refused("convert", trial.data, "--values", "int32", "--out", trial.path("x.npy"), code=2, says="--values")
    refused("convert", trial.data, "--labels", "file", "--out", out, code=2, says="no labels")
    trial.images[11, 0, 0] = numpy.inf
    numpy.save(trial.data, trial.images)
    refused("convert", trial.data, "--out", out, says="event 11")
    refused("convert", trial.data, "--out", trial.path("x.npy"), says="event 11")
    blocked = trial.write("file", "x")
    refused("convert", trial.data, "--out", os.path.join(blocked, "x.h5"), says="x.h5")
    refused("synthetic", "--out", os.path.join(blocked, "x.h5"), says="x.h5")
    left = set(os.listdir(trial.folder)) - {"images.npy", "labels.npy", "small.network", "file"}
    assert not left, left


@with_trial
def test_without_hdf5(trial):
    """a build without HDF5 says what it lacks"""
    try:
        needs_hdf5()
    except Skip:
        refused("convert", trial.data, "--out", trial.path("x.h5"), code=77, says="HDF5")
        refused("synthetic", "--out", trial.path("x.h5"), code=77, says="HDF5")
        return
    raise Skip("this build has HDF5")


main(globals())
