"""display: pictures and pages of events show what the events hold."""
import base64
import contextlib
import os
import re
import shutil
import struct
import xml.etree.ElementTree as xml
import zlib
from html.parser import HTMLParser

import numpy

from program import Skip, info, larscale, main, needs_hdf5, real_events, refused, with_trial


def needs_gnuplot():
    if not shutil.which("gnuplot"):
        raise Skip("gnuplot is not installed")


def needs_png():
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(__import__("tempfile").TemporaryDirectory())
        numpy.save(os.path.join(folder, "one.npy"), numpy.ones((1, 8, 8), "f4"))
        done = larscale("display", os.path.join(folder, "one.npy"), "--out", os.path.join(folder, "a.html"),
                        expect=None)
        if done.code == 77 and "libpng" in done.err:
            raise Skip("this build has no libpng")


def kevlar(trial, images, name="events.h5", labels=None, truth=None):
    """A KevLAr file of these images [events, planes, ticks, wires]."""
    needs_hdf5()
    import h5py
    path = trial.path(name)
    with h5py.File(path, "w") as file:
        file.create_dataset("image/wires", data=images, chunks=(1, *images.shape[1:]), compression="gzip")
        if labels is not None:
            rows = file.create_dataset("label/type", data=numpy.eye(3, dtype="i4")[labels])
            for k, word in enumerate(("gamma", "e-", "mu-")):
                rows.attrs[f"label_index{k}"] = numpy.bytes_(word)
        for key, (values, columns) in (truth or {}).items():
            file.create_dataset(f"truth/{key}", data=values).attrs["columns"] = numpy.bytes_(columns)
    return path


def few_pixels():
    """Two events of three planes with a few pixels each, far from the edges."""
    images = numpy.zeros((2, 3, 400, 300), "i4")
    random = numpy.random.default_rng(7)
    for plane in images.reshape(6, 400, 300):
        for _ in range(30):
            plane[200 + random.integers(40), 100 + random.integers(30)] = 1 + random.integers(90)
    return images


def polygons(path):
    """Of an SVG picture: the drawn cells of each panel as (x, y, colour), panels from left to right."""
    found = re.findall(r"<polygon fill = '(rgb[^']*)' points = '([\d.]+),([\d.]+) ([\d.]+),", open(path).read())
    cells = [(float(x), -float(y), colour) for colour, x, y, _ in found]
    panels = [[c for c in cells if left <= c[0] < left + 500] for left in (0, 545, 1015)]
    bar = [c for c in panels[2] if c[0] > 1440]
    return [panels[0], panels[1], [c for c in panels[2] if c[0] <= 1440]], bar


def texts(path):
    return [("".join(node.itertext())).strip() for node in xml.parse(path).iter() if node.tag.endswith("}text")]


@with_trial
def test_kinds(trial):
    """PNG, SVG and PDF by the name's end"""
    needs_gnuplot()
    path = kevlar(trial, few_pixels())
    for end, start in (("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<?xml"), ("pdf", b"%PDF-")):
        out = trial.path(f"event.{end}")
        result = larscale("display", path, "--event", 1, "--out", out)
        assert out in result.out
        with open(out, "rb") as file:
            data = file.read()
        assert data.startswith(start) and len(data) > 5000, end
        if end == "png":
            assert struct.unpack(">II", data[16:24]) == (1560, 640)


@with_trial
def test_every_pixel(trial):
    """the picture has a cell for every pixel, where it belongs, and darker ones for more charge"""
    needs_gnuplot()
    images = few_pixels()
    larscale("display", kevlar(trial, images), "--event", 1, "--out", trial.path("event.svg"))
    panels, bar = polygons(trial.path("event.svg"))
    assert len(bar) > 20
    for plane, cells in zip(images[1], panels):
        ticks, wires = numpy.nonzero(plane)
        assert len(cells) == len(ticks), (len(cells), len(ticks))
        x, y = numpy.array([c[0] for c in cells]), numpy.array([c[1] for c in cells])
        for drawn, true in ((x, wires), (y, ticks)):
            step = (drawn.max() - drawn.min()) / (true.max() - true.min())
            places = (drawn - drawn.min()) / step
            assert abs(places - numpy.rint(places)).max() < 0.05
            assert sorted(numpy.rint(places)) == sorted(true - true.min())
        light = [sum(map(int, re.findall(r"\d+", c[2]))) for c in cells]
        value = {(w, t): plane[t, w] for t, w in zip(ticks, wires)}
        step_x = (x.max() - x.min()) / (wires.max() - wires.min())
        step_y = (y.max() - y.min()) / (ticks.max() - ticks.min())
        found = [value[(round((a - x.min()) / step_x) + wires.min(), round((b - y.min()) / step_y) + ticks.min())]
                 for a, b in zip(x, y)]
        order = numpy.argsort(found, kind="stable")
        assert all(a >= b for a, b in zip(numpy.array(light)[order], numpy.array(light)[order][1:]))


@with_trial
def test_words(trial):
    """class, truth, axes, units and sums are written on it; odd names do no harm"""
    needs_gnuplot()
    images = few_pixels()
    truth = {"vertex": (numpy.array([[1, 2, 3], [4.5, 5.5, 6.5]]), "x, y, z [cm]"),
             "momentum": (numpy.array([0.5, 0.75]), "[GeV/c]"), "wide": (numpy.zeros((2, 50)), "")}
    path = kevlar(trial, images, "it's_{odd} 'name`.h5", [0, 2], truth)
    larscale("display", path, "--event", 1, "--out", trial.path("event.svg"))
    words = texts(trial.path("event.svg"))
    assert "it's_{odd} 'name`.h5, event 1: mu-" in words, words[:80]
    every = " ".join(words)
    for part in ("vertex 4.5, 5.5, 6.5 (x, y, z [cm])", "momentum 0.75 ([GeV/c])", "wire", "time [ticks]",
                 "charge of a pixel [units of the file]"):
        assert part in every, part
    assert "wide" not in every
    for plane, name in zip(images[1], "UVY"):
        assert f"plane {name}: {numpy.count_nonzero(plane)} pixels, charge {plane.sum():.4g}" in words


@with_trial
def test_window(trial):
    """the picture shows where the charge is, and with --whole everything"""
    needs_gnuplot()
    path = kevlar(trial, few_pixels())

    def ticks(*more):
        out = trial.path("event.svg")
        larscale("display", path, "--event", 0, "--out", out, "--overwrite", *more)
        return [float(word) for word in texts(out) if re.fullmatch(r"\d+", word)]

    near, whole = ticks(), ticks("--whole")
    assert {100, 200} <= set(near) and not any(n in near for n in (150, 300, 350, 400)), near
    assert {0, 50, 100, 150, 200, 250, 300, 350, 400} <= set(whole), whole


@with_trial
def test_signs_and_pedestals(trial):
    """negative charge has its own colours, and raw waveforms lose their pedestal"""
    needs_gnuplot()
    images = few_pixels()
    images[0, 0] *= -1
    larscale("display", kevlar(trial, images), "--event", 0, "--out", trial.path("event.svg"))
    panels, _ = polygons(trial.path("event.svg"))
    rgb = [[tuple(map(int, re.findall(r"\d+", c[2]))) for c in cells] for cells in panels]
    assert all(red <= blue for red, _, blue in rgb[0]) and all(red >= blue for red, _, blue in rgb[1])
    images += 2048
    larscale("display", kevlar(trial, images, "raw.h5"), "--event", 0, "--out", trial.path("raw.svg"))
    assert any("pedestal 2048" in word for word in texts(trial.path("raw.svg")))


class Page(HTMLParser):
    """The figures of a gallery, and every address in it."""

    def __init__(self, path):
        super().__init__()
        self.figures, self.addresses, self.bold = [], [], False
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.addresses += [values[key] for key in ("src", "href", "action", "srcset") if key in values]
        if tag == "figure":
            self.figures.append({"group": values["data-group"], "title": "", "text": ""})
        if tag == "img":
            self.figures[-1]["png"] = base64.b64decode(values["src"].split(",", 1)[1])
        self.bold = tag == "b"

    def handle_endtag(self, tag):
        self.bold = False

    def handle_data(self, data):
        if self.figures:
            self.figures[-1]["title" if self.bold else "text"] += data


def pixels(png):
    """A palette picture as an array of palette entries (filters 0 only or any), and its palette."""
    at, data, palette = 8, b"", None
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", png[at + 8 + length:at + 12 + length])[0]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (8, 3)
        if kind == b"PLTE":
            palette = numpy.frombuffer(body, "u1").reshape(-1, 3)
        if kind == b"IDAT":
            data += body
        at += 12 + length
    rows = numpy.frombuffer(zlib.decompress(data), "u1").reshape(height, width + 1)
    assert not rows[:, 0].any(), "a filter is used"
    return rows[:, 1:], palette


@with_trial
def test_page(trial):
    """a page holds every event as a picture of its own and needs nothing else"""
    needs_png()
    images = few_pixels()
    labels = [2, 0]
    path = kevlar(trial, images, "a<b>&c.h5", labels, {"momentum": (numpy.array([0.5, 0.75]), "[GeV/c]")})
    larscale("display", path, "--out", trial.path("page.html"))
    page = Page(trial.path("page.html"))
    assert [f["title"] for f in page.figures] == ["a<b>&c.h5, event 0: mu-", "a<b>&c.h5, event 1: gamma"]
    assert [f["group"] for f in page.figures] == ["mu-", "gamma"]
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses), page.addresses
    with open(trial.path("page.html"), encoding="utf-8") as file:
        assert "://" not in file.read()
    for image, figure in zip(images, page.figures):
        assert f"plane Y: {numpy.count_nonzero(image[2])} pixels" in figure["text"], figure["text"]
        assert "momentum" in figure["text"]
        picture, palette = pixels(figure["png"])
        assert picture.shape == (280, 3 * 326 - 6) and tuple(palette[0]) == (255, 255, 255)
        for p in range(3):
            panel = picture[:, p * 326:p * 326 + 320]
            assert 0 < numpy.count_nonzero(panel) < panel.size / 2 and not (panel == 1).any()
            # As many groups of colour as there are pixels: cells are several points wide here.
            cells = {(y, x) for y, x in zip(*numpy.nonzero(panel))
                     if (y == 0 or panel[y - 1, x] != panel[y, x]) and (x == 0 or panel[y, x - 1] != panel[y, x])}
            assert abs(len(cells) - numpy.count_nonzero(image[p])) <= 6, (len(cells), numpy.count_nonzero(image[p]))


@with_trial
def test_page_directions(trial):
    """on a page, too, wires go to the right, time upwards, and more charge is darker"""
    needs_png()
    images = numpy.zeros((1, 3, 400, 300), "i4")
    images[0, :, 200, 100], images[0, :, 240, 130] = 10, 90
    larscale("display", kevlar(trial, images), "--out", trial.path("page.html"))
    picture, palette = pixels(Page(trial.path("page.html")).figures[0]["png"])
    for p in range(3):
        panel = picture[:, p * 326:p * 326 + 320]
        pale, dark = sorted(set(panel.ravel()) - {0}, key=lambda entry: -int(palette[entry].sum()))
        (pale_y, pale_x), (dark_y, dark_x) = (numpy.argwhere(panel == entry).mean(axis=0) for entry in (pale, dark))
        assert pale_x < dark_x and pale_y > dark_y, (pale_x, dark_x, pale_y, dark_y)


@with_trial
def test_page_range(trial):
    """--event and --events choose what is on the page"""
    needs_hdf5()
    needs_png()
    path = trial.path("events.h5")
    larscale("synthetic", "--events", 12, "--size", 100, "--out", path)
    for options, expected in (([], 12), (["--events", 5], 5), (["--event", 10], 2), (["--event", 3, "--events", 4], 4)):
        larscale("display", path, *options, "--out", trial.path("page.html"), "--overwrite")
        figures = Page(trial.path("page.html")).figures
        assert len(figures) == expected
        first = int(options[1]) if options[:1] == ["--event"] else 0
        assert f"event {first}:" in figures[0]["title"]


@with_trial
def test_formats(trial):
    """one plane, an empty event, packed and real events"""
    needs_gnuplot()
    trial.images[1] = 0
    numpy.save(trial.data, trial.images)
    for event in (0, 1):
        larscale("display", trial.data, "--event", event, "--out", trial.path(f"{event}.svg"))
    assert any("0 pixels, charge 0" in word for word in texts(trial.path("1.svg")))
    path = kevlar(trial, few_pixels())
    larscale("convert", path, "--format", "packed", "--out", trial.path("packed.h5"))
    for name in (path, trial.path("packed.h5")):
        larscale("display", name, "--event", 0, "--out", name + ".svg")
    assert polygons(path + ".svg") == polygons(trial.path("packed.h5.svg"))
    larscale("display", real_events(), "--labels", "pdg", "--event", 3, "--out", trial.path("real.png"))
    larscale("display", real_events(), "--labels", "pdg", "--event", 3, "--out", trial.path("real.svg"))
    assert "sbnd_cosmic_tagging_light.h5, event 3: mu-" in texts(trial.path("real.svg"))


@with_trial
def test_bad_input(trial):
    """no such event, no file to write, a name of no kind, a file that is there, an unwritable folder"""
    data, out = trial.data, trial.path("event.png")
    refused("display", data, "--event", 12, "--out", out, code=2, says=["--event 12", "0 to 11"])
    refused("display", data, "--event", 12, "--out", trial.path("a.html"), code=2, says="--event 12")
    refused("display", data, "--event", 0, code=2, says="--out")
    refused("display", data, "--out", out, code=2, says="--event N")
    refused("display", "--event", 0, "--out", out, code=2, says="no events given")
    refused("display", data, "--event", 0, "--out", trial.path("event.jpg"), code=2, says=[".png", ".html"])
    refused("display", trial.path("none.h5"), "--event", 0, "--out", out, says="none.h5")
    empty = trial.path("empty.npy")
    numpy.save(empty, trial.images[:0])
    refused("display", empty, "--event", 0, "--out", out, says="empty.npy")
    trial.write("event.png", "mine")
    refused("display", data, "--event", 0, "--out", out, code=2, says="event.png")
    with open(out, encoding="ascii") as file:
        assert file.read() == "mine"
    needs_png()
    for name in ("none/event.html", *(["none/event.png"] if shutil.which("gnuplot") else [])):
        refused("display", data, "--event", 0, "--out", trial.path(name), says="none/event")
    assert not [name for name in os.listdir(trial.folder) if "partial" in name]


@with_trial
def test_damaged(trial):
    """a damaged event is no picture"""
    needs_gnuplot()
    import h5py
    path, out = kevlar(trial, few_pixels()), trial.path("event.png")
    with h5py.File(path) as file:
        chunk = file["image/wires"].id.get_chunk_info(1)
    with open(path, "r+b") as file:
        file.seek(chunk.byte_offset + chunk.size // 2)
        file.write(b"\x5a\xa5\x5a")
    refused("display", path, "--event", 1, "--out", out, says=["events.h5", "event 1"])
    refused("display", path, "--out", trial.path("page.html"), says=["events.h5", "event 1"])
    assert not os.path.exists(out) and not os.path.exists(trial.path("page.html"))
    short = kevlar(trial, few_pixels(), "short.h5", truth={"vertex": (numpy.zeros((1, 3)), "")})
    refused("display", short, "--event", 1, "--out", out, says=["/truth/vertex", "rows of 1 events"])


@with_trial
def test_gnuplot(trial):
    """gnuplot missing or failing: said so, and nothing is left behind"""
    tools, temporary = trial.path("tools"), trial.path("temporary")
    os.mkdir(tools)
    os.mkdir(temporary)
    environment = {"PATH": tools, "TMPDIR": temporary}
    out = trial.path("event.png")
    refused("display", trial.data, "--event", 0, "--out", out, code=77, environment=environment,
            says=["gnuplot", "gnuplot-nox", ".html"])
    with open(os.path.join(tools, "gnuplot"), "w", encoding="ascii") as file:
        file.write("#!/bin/sh\necho 'line 0: no such terminal' >&2\nexit 1\n")
    os.chmod(os.path.join(tools, "gnuplot"), 0o755)
    refused("display", trial.data, "--event", 0, "--out", out, environment=environment,
            says=["gnuplot", "no such terminal"])
    with open(os.path.join(tools, "gnuplot"), "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexit 0\n")
    refused("display", trial.data, "--event", 0, "--out", out, environment=environment, says=["gnuplot", "no file"])
    assert not os.path.exists(out) and not os.listdir(temporary), os.listdir(temporary)
    assert not [name for name in os.listdir(trial.folder) if "partial" in name]
    if shutil.which("gnuplot"):
        larscale("display", trial.data, "--event", 0, "--out", out, environment={"TMPDIR": temporary})
        assert not os.listdir(temporary)


main(globals())
