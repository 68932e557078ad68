#!/usr/bin/env python3
"""KevLAr files against h5py: each reads what the other wrote; what is wrong is refused.

usage: test_kevlar_h5py.py KEVLAR_TOOL. Prints TAP.
"""
import os
import subprocess
import sys
import tempfile
import zlib

try:
    import h5py
    import numpy
except ImportError as missing:
    print(f"1..0 # SKIP {sys.executable}: {missing}")
    sys.exit(0)

TOOL = sys.argv[1]
PIXEL = numpy.dtype([("event", "<u4"), ("plane", "<u4"), ("index", "<u4"), ("value", "<f4")])
NAMES = ["gamma", "e-", "mu-", "pi-", "K+"]
SHAPE = (3, 3, 200, 90)  # events, planes, ticks, wires
USAGE, IO, FORMAT, MISMATCH, VALUE = 1, 2, 3, 4, 5  # ls_status
SKIP = "skip: "
folder = tempfile.TemporaryDirectory()
random = numpy.random.default_rng(7)


def path(name):
    return os.path.join(folder.name, name)


def events(share=0.01, shape=SHAPE, high=3000):
    """Events with a share of their pixels not zero; the last one is empty."""
    images = random.integers(-high, high, shape, dtype=numpy.int32)
    images[random.random(shape) >= share] = 0
    images[-1] = 0
    return images


def write(name, images, labels=(1, 4, 0), **options):
    """A file as KevLAr writes it, but for the options of the image set."""
    options = {"chunks": (1, *images.shape[1:]), "compression": "gzip",
               "compression_opts": 5, "maxshape": (None, *images.shape[1:])} | options
    if options["compression"] != "gzip":
        del options["compression_opts"]
    with h5py.File(path(name), "w", libver=options.pop("libver", None),
                   userblock_size=options.pop("userblock", 0)) as file:
        file.attrs["kevlar_version"] = numpy.bytes_("v04_01_01")
        file.create_dataset("image/" + options.pop("set", "wires"), data=images, **options)
        if labels is not None:
            counts = numpy.zeros((len(labels), len(NAMES)), "i4")
            for row, label in enumerate(labels):
                if label >= 0:
                    counts[row, label] = 1
            table = file.create_dataset("label/type", data=counts)
            for k, text in enumerate(NAMES):
                table.attrs[f"label_index{k}"] = numpy.array(text, "S256")
    return path(name)


def tool(*arguments):
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True,
                          check=False, timeout=200)


def read(name, *more):
    """What the tool says of a file, and the pixels it gave."""
    answer = tool("read", name, path("pixels"), *more)
    pixels = numpy.fromfile(path("pixels"), PIXEL) if os.path.exists(path("pixels")) else None
    return answer, pixels


def dense(pixels, shape):
    images = numpy.zeros(shape, numpy.int64)
    flat = images.reshape(shape[0], shape[1], -1)
    flat[pixels["event"], pixels["plane"], pixels["index"]] = pixels["value"]
    return images


def must_read(name, images, *more):
    answer, pixels = read(name, *more)
    if answer.returncode:
        return f"refused: {answer.stdout}{answer.stderr}"
    if (pixels["value"] == 0).any():
        return "a pixel of value 0"
    for event in range(images.shape[0]):
        for plane in range(images.shape[1]):
            mine = pixels[(pixels["event"] == event) & (pixels["plane"] == plane)]
            if (numpy.diff(mine["index"].astype("i8")) <= 0).any():
                return f"event {event}, plane {plane}: pixels not in rising order"
    return None if (dense(pixels, images.shape) == images).all() else "pixels differ"


def must_refuse(name, status, *words, more=()):
    answer, _ = read(name, *more)
    if answer.returncode != 10 + status:
        return f"exit code {answer.returncode}: {answer.stdout}{answer.stderr}"
    line = answer.stdout[answer.stdout.index("error "):].splitlines()[0]
    missing = [word for word in (os.path.basename(name), *words) if word not in line]
    return f"not in '{line}': {missing}" if missing else None


def change(name, images, edit, **options):
    """A good file with its raw chunk of event 1 edited."""
    write(name, images, **options)
    with h5py.File(path(name), "r+") as file:
        data = file["image/wires"].id
        mask, chunk = data.read_direct_chunk((1, 0, 0, 0))
        edit(data, mask, bytearray(chunk))
    return path(name)


def good_files():
    images = events()
    noise = random.integers(-2000, 2000, SHAPE, dtype=numpy.int32)
    yield "as KevLAr writes", must_read(write("plain.h5", images), images)
    for level in range(10):
        yield f"deflate {level}", must_read(
            write("level.h5", images, compression_opts=level), images)
    yield "dense waveforms", must_read(write("dense.h5", noise), noise)
    yield "values up to 2^24", must_read(
        write("large.h5", big := numpy.where(images > 0, 1 << 24, -(1 << 24)).astype("i4")), big)
    yield "one plane", must_read(write("one.h5", images[:, :1]), images[:, :1])
    yield "two planes of odd sides", must_read(write("two.h5", images[:, :2, :77, :31]),
                                               images[:, :2, :77, :31])
    yield "rawdigits", must_read(write("raw.h5", images, set="rawdigits"), images)
    both = write("both.h5", images)
    with h5py.File(both, "r+") as file:
        file["image/rawdigits"] = noise
    yield "wires first of both sets", must_read(both, images)
    yield "rawdigits when asked for", must_read(both, noise, "rawdigits")
    yield "chosen planes", check_mask(both, images)
    yield "chunks without a filter", must_read(write("bare.h5", images, compression=None), images)
    yield "latest file format", must_read(write("latest.h5", images, libver="latest"), images)
    yield "user block", must_read(write("block.h5", images, userblock=512), images)
    yield "shuffle", must_read(write("shuffle.h5", images, shuffle=True), images)
    yield "Fletcher's checksum", must_read(write("fletcher.h5", images, fletcher32=True), images)
    yield "contiguous", must_read(
        write("flat.h5", images, chunks=None, compression=None, maxshape=None), images)
    for chunk in ((1, 1, 200, 90), (1, 3, 7, 90), (1, 2, 64, 13), (2, 3, 200, 90), (1, 1, 1, 90)):
        yield f"chunks of {chunk}", must_read(write("chunk.h5", images, chunks=chunk), images)


def check_mask(name, images):
    answer, pixels = read(name, "", 0b101)
    if answer.returncode:
        return answer.stdout
    wanted = dense(pixels[pixels["plane"] != 1], images.shape)[:, ::2]
    return None if (wanted == images[:, ::2]).all() else "planes 0 and 2 differ"


def chunk_states():
    images = events()

    def unfiltered(data, _, __):
        data.write_direct_chunk((1, 0, 0, 0), images[1].tobytes(), 1)
    yield "a chunk whose mask says no filter", must_read(
        change("mask.h5", images, unfiltered), images)
    short = write("unwritten.h5", images)
    with h5py.File(short, "r+") as file:
        file["image/wires"].resize(5, 0)
        del file["label/type"]
    more = numpy.concatenate([images, numpy.zeros((2, *SHAPE[1:]), "i4")])
    yield "a chunk never written is an empty event", must_read(short, more)
    with h5py.File(path("fill.h5"), "w") as file:
        file.create_dataset("image/wires", SHAPE, "i4", chunks=(1, *SHAPE[1:]), fillvalue=3,
                            compression="gzip")
    yield "a fill value that is not 0", must_refuse(path("fill.h5"), FORMAT, "/image/wires",
                                                    "event 0", "fill value")


def damaged_chunks():
    images = events()

    def bit(at):
        def edit(data, mask, chunk):
            chunk[at if at >= 0 else len(chunk) + at] ^= 0x10
            data.write_direct_chunk((1, 0, 0, 0), bytes(chunk), mask)
        return edit

    def cut(data, mask, chunk):
        data.write_direct_chunk((1, 0, 0, 0), bytes(chunk[:-9]), mask)

    def other_size(rows):
        def edit(data, mask, _):
            part = numpy.resize(images[1], (SHAPE[1], rows, SHAPE[3]))
            data.write_direct_chunk((1, 0, 0, 0), zlib.compress(part.tobytes()), mask)
        return edit

    def short_raw(data, _, __):
        data.write_direct_chunk((1, 0, 0, 0), images[1].tobytes()[:-4], 1)

    where = ("/image/wires", "event 1")
    for shape, kind in ((images, "sparse"),
                        (random.integers(-99, 99, SHAPE, dtype=numpy.int32), "dense")):
        for at in (0, 40, 500, -1):
            yield f"{kind}, a bit flipped at {at}", must_refuse(
                change("bit.h5", shape, bit(at)), FORMAT, *where)
        yield f"{kind}, checksum", must_refuse(change("sum.h5", shape, bit(-1)), FORMAT, *where,
                                               "checksum")
        yield f"{kind}, cut", must_refuse(change("cut.h5", shape, cut), FORMAT, *where, "ends")
    yield "too short", must_refuse(change("short.h5", images, other_size(199)), FORMAT, *where,
                                   "less than one event")
    yield "too long", must_refuse(change("long.h5", images, other_size(201)), FORMAT, *where,
                                  "more than one event")
    yield "bare and too short", must_refuse(change("bare.h5", images, short_raw), FORMAT, *where,
                                            "size")
    huge = images.copy()
    huge[1, 2, 150, 33] = (1 << 24) + 1
    for name, options in (("chunk", {}), ("rows", {"shuffle": True})):
        yield f"a value beyond 2^24, by {name}", must_refuse(
            write("huge.h5", huge, **options), VALUE, *where, "plane 2", "row 150", "column 33",
            "16777217")
    huge[1, 2, 150, 33] = -(1 << 31)
    yield "a value of -2^31", must_refuse(write("low.h5", huge), VALUE, *where, "-2147483648")
    fletcher = write("sum.h5", images, fletcher32=True)
    with h5py.File(fletcher, "r+") as file:
        data = file["image/wires"].id
        mask, chunk = data.read_direct_chunk((1, 0, 0, 0))
        data.write_direct_chunk((1, 0, 0, 0), chunk[:-1] + bytes([chunk[-1] ^ 1]), mask)
    yield "damage that HDF5 itself finds", must_refuse(fletcher, FORMAT, *where, "rows from 0")


def wrong_chunks():
    """HDF5 1.10 takes a chunk of any length for a whole one."""
    images, counts = events(), numpy.eye(3, 5, dtype="i4")
    for name, options in (("rows", {"chunks": (1, 3, 50, 60)}), ("shuffled rows", {"shuffle": True}),
                          ("summed rows", {"fletcher32": True})):
        for length in (3, 10 ** 7):
            short = write("short.h5", images, **options)
            with h5py.File(short, "r+") as file:
                data = file["image/wires"].id
                content = zlib.compress(bytes(length))
                if "fletcher32" in options:
                    content += bytes(4)
                data.write_direct_chunk((1, 0, 0, 0), content)
            yield f"{name} of {length} bytes", must_refuse(short, FORMAT, "/image/wires", "event 1",
                                                           "damaged", "chunk")
    for chunks in ((1, 3, 50, 60), (1, *images.shape[1:])):
        bare = path("bare.h5")
        with h5py.File(bare, "w") as file:
            data = file.create_dataset("image/wires", images.shape, "i4", chunks=chunks).id
            data.write_direct_chunk((0, 0, 0, 0), b"\1\0\0\0")
        yield f"bare chunks {chunks}", must_refuse(bare, FORMAT, "/image/wires", "damaged", "chunks")
    labelled = write("labels.h5", images)
    with h5py.File(labelled, "r+") as file:
        if "label" in file:
            del file["label"]
        data = file.create_dataset("label/type", data=counts[:len(images)], compression="gzip").id
        data.write_direct_chunk((0, 0), zlib.compress(bytes(8)))
    yield "labels of 8 bytes", must_refuse(labelled, FORMAT, "/label/type", "damaged", "8 bytes")


def foreign_data():
    """What a file names in other files is not read: nor does a pipe among them make it wait."""
    os.mkfifo(path("pipe"))
    write("other.h5", events())
    for target in ("other.h5", "pipe"):
        linked = path("linked.h5")
        with h5py.File(linked, "w") as file:
            file.create_group("image")["wires"] = h5py.ExternalLink(target, "/image/wires")
        yield f"a link to {target}", must_refuse(linked, FORMAT, "/image/wires", "link")
        with h5py.File(linked, "w") as file:
            file["image"] = h5py.ExternalLink(target, "/image")
        yield f"a link of the group to {target}", must_refuse(linked, FORMAT, "image")
        with h5py.File(linked, "w", libver="latest") as file:
            layout = h5py.VirtualLayout((2, 1, 8, 8), "i4", maxshape=(None, 1, 8, 8))
            source = h5py.VirtualSource(path(target), "a", (2, 1, 8, 8), maxshape=(None, 1, 8, 8))
            layout[:h5py.h5s.UNLIMITED] = source[:h5py.h5s.UNLIMITED]
            file.create_virtual_dataset("image/wires", layout)
        yield f"data in {target}", must_refuse(linked, FORMAT, "/image/wires", "other files")


def bad_files():
    images = events()
    good = write("good.h5", images)
    content = open(good, "rb").read()
    for name, part in (("empty.h5", b""), ("foreign.h5", b"no HDF5 at all" * 100),
                       ("truncated.h5", content[:len(content) // 2]), ("header.h5", content[:40])):
        with open(path(name), "wb") as file:
            file.write(part)
        yield name[:-3], must_refuse(path(name), FORMAT)
    with open(path("zeroed.h5"), "wb") as file:
        file.write(content[:100] + bytes(len(content) - 100))
    yield "metadata overwritten", must_refuse(path("zeroed.h5"), FORMAT)
    yield "missing", must_refuse(path("missing.h5"), IO, "No such file")
    yield "a folder", must_refuse(folder.name, IO, "folder")
    for dtype in ("i8", "i2", "u4", "f8", ">i4", ">f4"):
        yield f"values of type {dtype}", must_refuse(
            write("type.h5", images.astype(dtype)), FORMAT, "/image/wires", "int32")
    yield "a filter that HDF5 has not", must_refuse(
        write("lzf.h5", images, compression="lzf"), FORMAT, "/image/wires", "filter")
    yield "three dimensions", must_refuse(
        write("rank.h5", images[0]), FORMAT, "/image/wires", "3 dimensions")
    yield "four planes", must_refuse(
        write("planes.h5", numpy.zeros((2, 4, 8, 8), "i4")), FORMAT, "/image/wires", "[2, 4, 8, 8]")
    none = write("none.h5", images)
    with h5py.File(none, "r+") as file:
        file["image/wires"].resize(0, 0)
    yield "no events", must_refuse(none, FORMAT, "/image/wires", "no event")
    with h5py.File(path("nogroup.h5"), "w") as file:
        file["other"] = 1
    yield "no group /image", must_refuse(path("nogroup.h5"), FORMAT, "/image")
    yield "no such producer", must_refuse(good, USAGE, "/image/other", "there are: wires", more=("other",))
    yield "a producer that is a path", must_refuse(good, USAGE, "a/b", more=("a/b",))
    with h5py.File(path("group.h5"), "w") as file:
        file.create_group("image/wires")
    yield "a group instead of a data set", must_refuse(path("group.h5"), FORMAT, "/image/wires")
    with h5py.File(path("wide.h5"), "w") as file:
        file.create_dataset("image/wires", (2, 3, 9600, 3456), "i4", compression="gzip",
                            shuffle=True, chunks=(1, 3, 9600, 3456))
    yield "shuffled chunks of 400 MB", must_refuse(path("wide.h5"), FORMAT, "/image/wires",
                                                   "398 MB", "h5repack")
    with h5py.File(path("claims.h5"), "w") as file:
        file.create_dataset("image/wires", (1 << 40, 3, 8, 8), "i4", chunks=(1, 3, 8, 8))
    yield "a claim of 2^40 events", must_refuse(path("claims.h5"), FORMAT, "1099511627776")


def labels():
    images = events()

    def facts(name):
        answer, _ = read(name)
        return answer.stdout

    text = facts(write("labels.h5", images, labels=(1, -1, 4)))
    yield "classes and their names", None if "labels 1 " + " ".join(NAMES) in text else text
    given = [line.split()[3] for line in text.splitlines() if line.startswith("event")]
    yield "a row of zeros is label -1", None if given == ["1", "-1", "4"] else text
    counts = write("counts.h5", images)
    with h5py.File(counts, "r+") as file:
        file["label/type"][:] = [[0, 2, 5, 0, 0], [3, 3, 0, 0, 0], [0, 0, 0, 0, 1]]
        for k in range(3):
            del file["label/type"].attrs[f"label_index{k}"]
        file["label/type"].attrs["label_index3"] = "variable"
    text = facts(counts)
    given = [line.split()[3] for line in text.splitlines() if line.startswith("event")]
    yield "the first of the largest counts", None if given == ["2", "0", "4"] else text
    yield "names missing or of variable length", \
        None if "labels 1 class 0 class 1 class 2 variable K+" in text else text
    text = facts(write("unlabelled.h5", images, labels=None))
    yield "no labels", None if "labels 0\n" in text and "label -1" in text else text
    yield "other count of labels", must_refuse(write("few.h5", images, labels=(0, 1)), FORMAT,
                                               "/label/type", "2 events", "/image/wires", "3")
    for what, value, words in (("a negative count", numpy.full((3, 5), -1), ("event 0",)),
                               ("labels of floats", numpy.zeros((3, 5)), ("integers",)),
                               ("labels of one dimension", numpy.zeros(3, "i4"), ("1 dimensions",)),
                               ("17 classes", numpy.zeros((3, 17), "i4"), ("17 classes",))):
        name = write("value.h5", images, labels=None)
        with h5py.File(name, "r+") as file:
            file["label/type"] = value
        yield what, must_refuse(name, FORMAT, "/label/type", *words)
    name = write("attribute.h5", images)
    with h5py.File(name, "r+") as file:
        file["label/type"].attrs["label_index1"] = 5
    yield "a name that is a number", must_refuse(name, FORMAT, "/label/type", "label_index1")


def tool_write(name, images, labels, set_name="wires", names=",".join(NAMES)):
    where = numpy.nonzero(images)
    pixels = numpy.zeros(where[0].size, PIXEL)
    pixels["event"], pixels["plane"] = where[0], where[1]
    pixels["index"] = where[2] * images.shape[3] + where[3]
    pixels["value"] = images[where]
    pixels.tofile(path("given"))
    return tool("write", name, path("given"), set_name, *images.shape[1:], names, *labels)


def written_files():
    for set_name, share in (("wires", 0.01), ("rawdigits", 1), ("wires", 0)):
        images = events(share)
        name = path("own.h5")
        answer = tool_write(name, images, (2, -1, 4), set_name)
        what = f"own {set_name}, share {share}"
        yield what, answer.stdout + answer.stderr if answer.returncode else None
        yield what + ", read back", must_read(name, images)
        with h5py.File(name) as file:
            data, table = file["image/" + set_name], file["label/type"]
            yield what + ", h5py", None if (data[:] == images).all() else "pixels differ"
            layout = (data.dtype, data.chunks, data.compression, data.compression_opts,
                      data.fillvalue, data.maxshape[0], data.shuffle)
            wanted = ("int32", (1, *SHAPE[1:]), "gzip", 5, 0, None, False)
            yield what + ", layout", None if layout == wanted else str(layout)
            texts = [data.attrs[f"index{k}"] for k in range(4)]
            yield what + ", axes", None if texts == [b"eventN", b"planeN", b"timeT", b"wireN"] \
                and data.attrs.get_id("index0").dtype == "S256" else str(texts)
            texts = [table.attrs[f"label_index{k}"].decode() for k in range(5)]
            rows = [[0, 0, 1, 0, 0], [0] * 5, [0, 0, 0, 0, 1]]
            yield what + ", labels", None if (table[:] == rows).all() and texts == NAMES and \
                table.dtype == "int32" else f"{table[:]} {texts}"
            yield what + ", version", None if file.attrs["kevlar_version"].startswith(b"v") \
                else "no kevlar_version"
        answer = subprocess.run(["h5dump", "-H", name], capture_output=True, check=False) \
            if os.path.exists("/usr/bin/h5dump") else None
        if answer:
            yield what + ", h5dump", None if answer.returncode == 0 else answer.stderr.decode()


def large_chunks():
    """Stored chunks above 16 MB are read in pieces."""
    shape = (1, 3, 2000, 1200)
    images = random.integers(-(1 << 23), 1 << 23, shape, dtype=numpy.int32)
    images[random.random(shape) < 0.02] = 0
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 8, zlib.Z_HUFFMAN_ONLY)
    stream = packer.compress(images) + packer.flush()
    for what, chunk, mask in (("deflated", stream, 0), ("bare", images.tobytes(), 1)):
        for userblock in (0, 1024):
            name = path("pieces.h5")
            with h5py.File(name, "w", userblock_size=userblock) as file:
                data = file.create_dataset("image/wires", shape, "i4", chunks=shape,
                                           compression=5).id
                data.write_direct_chunk((0, 0, 0, 0), chunk, mask)
            if userblock:
                yield what + ", user block", must_refuse(name, FORMAT, "event 0", "user block")
                continue
            answer, pixels = read(name, "", 0b100)
            wanted = images[0, 2].ravel()
            trouble = answer.stdout if answer.returncode else None
            if not trouble and not (pixels["index"] == numpy.flatnonzero(wanted)).all():
                trouble = "indices differ"
            if not trouble and not (pixels["value"] == wanted[wanted != 0]).all():
                trouble = "values differ"
            yield what + f", {len(chunk)} bytes", \
                trouble or (None if len(chunk) > 1 << 24 else "not in pieces")
    broken = bytearray(stream)
    broken[len(broken) // 2] ^= 4
    with h5py.File(path("pieces.h5"), "w") as file:
        data = file.create_dataset("image/wires", shape, "i4", chunks=shape, compression=5).id
        data.write_direct_chunk((0, 0, 0, 0), bytes(broken), 0)
    yield "a bit flipped", must_refuse(path("pieces.h5"), FORMAT, "event 0", more=("", 1))
    os.unlink(path("pieces.h5"))


def full_size():
    """One event of the experiment's size: memory stays small although the image is 398 MB."""
    shape = (1, 3, 9600, 3456)
    images = numpy.zeros(shape, numpy.int32)
    ticks = numpy.arange(2000, 8000)
    for plane in range(3):
        for track in range(4):
            images[0, plane, ticks, 300 + 100 * track + ticks // 4] = 5 + ticks % 90
    answer = tool_write(path("full.h5"), images, (1,))
    yield "written", answer.stdout if answer.returncode else None
    yield "read", must_read(path("full.h5"), images)
    answer, _ = read(path("full.h5"))
    yield "sparse event below 64 MB", small(answer)
    with h5py.File(path("hollow.h5"), "w") as file:
        bare = file.create_dataset("image/wires", shape, "i4", chunks=shape).id
        bare.write_direct_chunk((0, 0, 0, 0), numpy.zeros(shape, "i4"), 0)
    answer, _ = read(path("hollow.h5"))
    yield "bare event below 64 MB", small(answer)
    os.unlink(path("hollow.h5"))
    noise = random.integers(-40, 41, shape[1:], dtype=numpy.int32)
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 8, zlib.Z_HUFFMAN_ONLY)
    stream = packer.compress(noise) + packer.flush()
    with h5py.File(path("noise.h5"), "w") as file:
        data = file.create_dataset("image/rawdigits", shape, "i4", chunks=shape, compression=5).id
        data.write_direct_chunk((0, 0, 0, 0), stream, 0)
    answer = tool("read", path("noise.h5"), "/dev/null", "", 0)
    yield "dense event below 64 MB", small(answer) or (
        None if len(stream) > 64e6 else f"only {len(stream)} bytes stored: proves nothing")


def small(answer):
    """Did the tool succeed with less than 64 MB of memory?"""
    if answer.returncode:
        return answer.stdout + answer.stderr
    peak = answer.stdout.split("peak ")[1].strip()
    if peak == "unknown":
        return SKIP + "a sanitizer's own memory hides the program's"
    return None if 0 < int(peak) < 64e6 else f"peak of {peak} bytes"


def main():
    number = failed = 0
    for part in (good_files, chunk_states, damaged_chunks, wrong_chunks, foreign_data, bad_files,
                 labels, written_files, large_chunks, full_size):
        for title, trouble in part():
            number += 1
            if trouble and trouble.startswith(SKIP):
                print(f"ok {number} # SKIP {part.__name__}: {title}: {trouble[len(SKIP):]}")
                continue
            failed += bool(trouble)
            print(f"{'not ok' if trouble else 'ok'} {number} - {part.__name__}: {title}")
            for line in (trouble or "").splitlines():
                print(f"# {line}")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
