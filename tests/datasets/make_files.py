#!/usr/bin/env python3
"""Writes the small files that the tests of datasets/ read, good and bad. Prints TAP.

usage: make_files.py FOLDER

Beside a good file NAME lies NAME.expected: its events as plain float32, [events][planes][rows]
[columns], rows = ticks, columns = wires.
"""
import os
import shutil
import sys

import numpy as np

try:
    import h5py
except ImportError:
    h5py = None

SEED = 20180709
WIRES, TICKS, PLANES = 9, 6, 3


def expected(path, events):
    np.ascontiguousarray(events, dtype="<f4").tofile(path + ".expected")


def sparse(rng, shape, dtype):
    """Mostly zeros, whole numbers of both signs."""
    values = rng.integers(-900, 900, shape).astype(dtype)
    return np.where(rng.random(shape) < 0.2, values, 0).astype(dtype)


def good_arrays(folder, rng):
    for name, shape, dtype, version in [("floats", (3, 5, 7), "<f4", (1, 0)),
                                        ("integers", (2, 5, 7, 3), "<i4", (2, 0)),
                                        ("one_plane", (2, 5, 7, 1), "<f4", (3, 0)),
                                        ("blocks", (2, 300, 301, 2), "<f4", (1, 0))]:
        path = os.path.join(folder, name + ".npy")
        events = sparse(rng, shape, dtype)
        if name == "blocks":
            events[events == 0] = 1  # no pixel may be missed
        with open(path, "wb") as file:
            np.lib.format.write_array(file, events, version=version)
        expected(path, events[:, None] if events.ndim == 3 else np.moveaxis(events, 3, 1))


def bad_arrays(folder, rng):
    def save(name, array):
        np.save(os.path.join(folder, name), array)

    events = sparse(rng, (3, 5, 7), "<f4")
    save("fortran.npy", np.asfortranarray(events))
    save("big_endian.npy", events.astype(">f4"))
    save("rank2.npy", events[0])
    save("rank5.npy", events[None, ..., None])
    save("planes4.npy", np.zeros((1, 2, 2, 4), "<f4"))
    save("no_events.npy", events[:0])
    save("no_rows.npy", events[:, :0])
    save("doubles.npy", events.astype("<f8"))
    save("bytes.npy", events.astype("|u1"))
    save("compound.npy", np.zeros((1, 2, 2), [("a", "<f4"), ("b", "<i4")]))
    save("large_integer.npy", np.full((1, 2, 2), 2**24 + 1, "<i4"))
    save("largest_integer.npy", np.full((1, 2, 2), -2**24, "<i4"))
    for name, value in ("nan.npy", np.nan), ("infinity.npy", -np.inf):
        broken = events.copy()
        broken[1, 2, 3] = value
        save(name, broken)
    save("private.npy", events)
    save("good.npy", events)
    whole = open(os.path.join(folder, "good.npy"), "rb").read()
    for name, content in [("truncated.npy", whole[:-5]), ("header_only.npy", whole[:40]),
                          ("magic_only.npy", whole[:6]), ("trailing.npy", whole + b"x"),
                          ("version9.npy", whole[:6] + b"\x09" + whole[7:]),
                          ("no_shape.npy", whole.replace(b"'shape'", b"'shade'")),
                          ("huge.npy", whole.replace(b"(3, 5, 7)", b"(3, 9999999999999999999, 7)")),
                          ("negative.npy", whole.replace(b"(3, 5, 7)", b"(3,-5, 7)"))]:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def label_files(folder):
    labels = np.array([0, 4, 2, 1, 3])
    for dtype in "|i1 <i2 <i4 <i8 |u1 <u2 <u4 <u8 <f4 <f8".split():
        np.save(os.path.join(folder, f"labels_{dtype[1:]}.npy"), labels.astype(dtype))
    np.save(os.path.join(folder, "labels_column.npy"), labels[:, None])
    np.save(os.path.join(folder, "labels_long.npy"), np.zeros(6, "<i4"))
    np.save(os.path.join(folder, "labels_class5.npy"), np.array([0, 1, 2, 5, 0]))
    np.save(os.path.join(folder, "labels_negative.npy"), np.array([0, 1, -1, 0, 0], "|i1"))
    np.save(os.path.join(folder, "labels_wide.npy"), np.array([0, 1, 2**63, 0, 0], "<u8"))
    np.save(os.path.join(folder, "labels_half.npy"), np.array([0, 1, 2.5, 0, 0]))
    np.save(os.path.join(folder, "labels_nan.npy"), np.array([0, 1, np.nan, 0, 0]))
    np.save(os.path.join(folder, "labels_matrix.npy"), np.zeros((5, 2), "<i4"))
    np.save(os.path.join(folder, "labels_words.npy"), np.array(["gamma"] * 5))
    for name, text in [("labels.txt", "0\n 4\n2 \r\n1\n3"), ("labels_short.txt", "0\n1\n2\n3\n"),
                       ("labels_garbage.txt", "0\n1\ngamma\n0\n0\n"),
                       ("labels_two.txt", "0\n1\n2 3\n0\n0\n"), ("labels_empty.txt", ""),
                       ("labels_class9.txt", "0\n9\n0\n0\n0\n"),
                       ("labels_line.txt", "0\n" + "1" * 500 + "\n")]:
        with open(os.path.join(folder, name), "w", newline="") as file:
            file.write(text)


EXTENT = [("first", "<u8"), ("N", "<u4")]
META = np.dtype([("valid", "u1"), ("projection_id", "<u8"), ("image_sizes", "<f8", (2,)),
                 ("number_of_voxels", "<u8", (2,)), ("origin", "<f8", (2,))], align=True)
VOXEL = np.dtype([("id", "<u8"), ("value", "<f4")], align=True)
PARTICLE = np.dtype([("id", "<u2"), ("pdg", "<i4"), ("px", "<f8"), ("process", "S64")])
EVENT = [("run", "<i8"), ("subrun", "<i8"), ("event", "<i8")]


def extents(counts):
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]) if counts else []
    return np.array(list(zip(first, counts)), EXTENT)


def tables_of(events, particles):
    """larcv3's data sets; events[e] lists (plane, (wires, ticks), ids, values)."""
    planes = [plane for event in events for plane in event]
    voxel_extents = np.zeros(len(planes), EXTENT + [("ID", "<u4")])
    metas, voxels = np.zeros(len(planes), META), []
    for i, (plane, sides, ids, values) in enumerate(planes):
        voxel_extents[i] = len(voxels), len(ids), plane
        metas[i] = 1, plane, sides, sides, (0, 0)
        voxels += zip(ids, values)
    rows = [(i, pdg, 0.5, process) for event in particles for i, (pdg, process) in enumerate(event)]
    return {"/Data/sparse2d_wire_group/extents": extents([len(event) for event in events]),
            "/Data/sparse2d_wire_group/voxel_extents": voxel_extents,
            "/Data/sparse2d_wire_group/image_meta": metas,
            "/Data/sparse2d_wire_group/voxels": np.array(voxels, VOXEL),
            "/Data/particle_truth_group/extents": extents([len(event) for event in particles]),
            "/Data/particle_truth_group/particles": np.array(rows, PARTICLE),
            "/Events/event_id": np.array([(7, 1, 100 + e) for e in range(len(events))], EVENT)}


def write_tables(path, tables):
    with h5py.File(path, "w") as file:
        for name, rows in tables.items():
            file.create_dataset(name, data=rows, chunks=(max(1, min(len(rows), 50)),) +
                                rows.shape[1:], maxshape=(None,) + rows.shape[1:],
                                compression="gzip")


def random_events(rng):
    events, dense = [], np.zeros((4, PLANES, TICKS, WIRES), "<f4")
    for e in range(4):
        planes = []
        for p in range(PLANES):
            wires = WIRES if p < 2 else WIRES - 2
            ids = np.sort(rng.choice(wires * TICKS, 20, replace=False))
            values = rng.uniform(5, 400, 20).astype("<f4")
            if e == 0:
                values[3] = 0
            if e == 2:
                order = rng.permutation(20)
                ids, values = ids[order], values[order]
            if e == 3 and p == 1:
                ids, values = ids[:0], values[:0]
            dense[e, p, ids % TICKS, ids // TICKS] = values
            planes.append((p, (wires, TICKS), ids, values))
        events.append(planes if e != 1 else [planes[2], planes[0], planes[1]])
    return events, dense


PARTICLES = [[(14, b"primary"), (-12, b"primary"), (16, b"primary"), (13, b"primary")],
             [(11, b"compt"), (22, b"primary")], [],
             [(11, b"ionization")] * 300 + [(-211, b"primary"), (11, b"primary")]]


def good_larcv3(folder, rng):
    events, dense = random_events(rng)
    path = os.path.join(folder, "larcv3.h5")
    tables = tables_of(events, PARTICLES)
    write_tables(path, tables)
    expected(path, dense)
    masks = {name.replace("_wire_", "_a_mask_"): rows.copy() for name, rows in tables.items()
             if "_wire_" in name}
    masks["/Data/sparse2d_a_mask_group/voxels"]["value"] = 1
    write_tables(os.path.join(folder, "producers.h5"), {**masks, **tables})
    expected(os.path.join(folder, "producers.h5"), dense)
    only = {name: rows for name, rows in tables.items() if "sparse2d" in name}
    write_tables(os.path.join(folder, "images_only.h5"), only)
    expected(os.path.join(folder, "images_only.h5"), dense)
    return tables


def bad_larcv3(folder, good):
    group = "/Data/sparse2d_wire_group/"

    def write(name, change):
        tables = {key: rows.copy() for key, rows in good.items()}
        change(tables)
        write_tables(os.path.join(folder, name + ".h5"), tables)

    def put(name, table, row, member, value):
        write(name, lambda tables: tables[table][member].__setitem__(row, value))

    def replace(name, table, rows):
        write(name, lambda tables: tables.__setitem__(table, rows))

    voxels = good[group + "voxels"]
    write("larcv3_no_voxels", lambda tables: tables.pop(group + "voxels"))
    write("larcv3_no_images", lambda tables: [tables.pop(key) for key in good if "sparse" in key])
    replace("larcv3_plain_voxels", group + "voxels", voxels["value"])
    replace("larcv3_no_value", group + "voxels", voxels[["id"]].astype([("id", "<u8")]))
    replace("larcv3_whole_value", group + "voxels", voxels.astype([("id", "<u8"),
                                                                  ("value", "<i4")]))
    replace("larcv3_rank2", group + "voxels", voxels[:, None])
    meta3 = np.zeros(len(good[group + "image_meta"]), [("projection_id", "<u8"),
                                                      ("number_of_voxels", "<u8", (3,))])
    replace("larcv3_meta3", group + "image_meta", meta3)
    replace("larcv3_no_events", group + "extents", good[group + "extents"][:0])
    replace("larcv3_event_ids", "/Events/event_id", good["/Events/event_id"][:3])
    put("larcv3_beyond", group + "voxel_extents", -1, "first", len(voxels) - 1)
    put("larcv3_too_many_voxels", group + "voxel_extents", 0, "N", WIRES * TICKS + 1)
    put("larcv3_planes_beyond", group + "extents", -1, "first", 2**40)
    put("larcv3_four_planes", group + "extents", 0, "N", 4)
    put("larcv3_two_planes", group + "extents", 0, "N", 2)
    put("larcv3_other_plane", group + "voxel_extents", 1, "ID", 0)
    write("larcv3_same_plane", lambda tables: [
        tables[group + "voxel_extents"]["ID"].__setitem__(1, 0),
        tables[group + "image_meta"]["projection_id"].__setitem__(1, 0)])
    put("larcv3_huge", group + "image_meta", 0, "number_of_voxels", (2**33, 2**33))
    put("larcv3_long", group + "image_meta", 0, "number_of_voxels", (1, 2**30))
    replace("larcv3_signed", group + "voxels", voxels.astype([("id", "<i8"), ("value", "<f4")]))
    put("larcv3_empty_image", group + "image_meta", 0, "number_of_voxels", (0, 5))
    put("larcv3_larger_event", group + "image_meta", 4, "number_of_voxels", (WIRES + 1, TICKS))
    put("larcv3_nan", group + "voxels", 25, "value", np.nan)
    put("larcv3_duplicate", group + "voxels", 5, "id", voxels["id"][6])
    put("larcv3_outside", group + "voxels", 19, "id", WIRES * TICKS)
    put("larcv3_far_outside", group + "voxels", 19, "id", 2**63)
    nameless = [("pdg", "<i4")]
    replace("larcv3_no_process", "/Data/particle_truth_group/particles",
            good["/Data/particle_truth_group/particles"][["pdg"]].astype(nameless))
    write("larcv3_truncated", lambda tables: None)
    path = os.path.join(folder, "larcv3_truncated.h5")
    os.truncate(path, os.path.getsize(path) * 2 // 3)
    write("larcv3_damaged", lambda tables: None)
    with h5py.File(os.path.join(folder, "larcv3_damaged.h5")) as file:
        chunk = file[group + "voxels"].id.get_chunk_info(1)
    with open(os.path.join(folder, "larcv3_damaged.h5"), "r+b") as file:
        file.seek(chunk.byte_offset + chunk.size // 2)
        file.write(b"\xff" * 8)
    with h5py.File(os.path.join(folder, "other.h5"), "w") as file:
        file["weights"] = np.zeros(3)


def folders(folder, rng):
    """Event files among others, for paths that are folders and globs."""
    place = os.path.join(folder, "several")
    os.makedirs(os.path.join(place, "deeper"))
    for name, count in ("b.npy", 2), ("a.npy", 1), ("c.npy", 2):
        np.save(os.path.join(place, name), sparse(rng, (count, 5, 7), "<f4"))
    np.save(os.path.join(place, ".hidden.npy"), sparse(rng, (9, 5, 7), "<f4"))
    shutil.copy(os.path.join(place, "a.npy"), os.path.join(place, "deeper", "d.npy"))
    for name in "notes.txt", "several/notes.txt":
        with open(os.path.join(folder, name), "w") as file:
            file.write("no events in here\n")
    os.symlink("several/a.npy", os.path.join(folder, "link.npy"))
    os.makedirs(os.path.join(folder, "nothing"))
    shutil.copy(os.path.join(place, "notes.txt"), os.path.join(folder, "nothing"))
    damaged = os.path.join(folder, "one_damaged")
    os.makedirs(damaged)
    shutil.copy(os.path.join(place, "a.npy"), damaged)
    shutil.copy(os.path.join(folder, "truncated.npy"), damaged)
    np.save(os.path.join(folder, "other_shape.npy"), sparse(rng, (2, 5, 8), "<f4"))
    np.save(os.path.join(folder, "like_larcv3.npy"), sparse(rng, (2, TICKS, WIRES, PLANES), "<f4"))
    np.save(os.path.join(folder, "whole_numbers.npy"), sparse(rng, (2, 5, 7), "<i4"))


def main():
    folder = sys.argv[1]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    rng = np.random.default_rng(SEED)
    print("1..2")
    good_arrays(folder, rng)
    bad_arrays(folder, rng)
    label_files(folder)
    folders(folder, rng)
    open(os.path.join(folder, "empty"), "w").close()
    print(f"ok 1 - NumPy files (seed {SEED})")
    if h5py is None:
        print("ok 2 - HDF5 files # SKIP python3-h5py is not installed")
        return
    bad_larcv3(folder, good_larcv3(folder, rng))
    print(f"ok 2 - HDF5 files (seed {SEED})")


if __name__ == "__main__":
    main()
