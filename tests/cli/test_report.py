"""larscale report: every figure whole and of the right rows, a page that needs nothing else, and tables
that a hand broke. Figures are of made-up runs (tests/plots/make_runs.py) and of real ones."""
import contextlib
import html.parser
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from program import LARSCALE, Skip, larscale, launcher, main, refused, rows, run, small_disk, with_trial

HERE = os.path.dirname(os.path.abspath(__file__))
PLOTS = os.path.join(HERE, "..", "..", "plots")
sys.path.append(os.path.join(HERE, "..", "plots"))
import make_runs

FIGURES = ["load_time", "cpu_speedup", "gpu_speedup", "loss_vs_batch", "phases", "roofline", "confusion"]


def needs_gnuplot():
    if not shutil.which("gnuplot"):
        raise Skip("gnuplot is not installed")


@contextlib.contextmanager
def made_up_runs():
    """A folder with the folder "runs" of every driver's made-up run."""
    with tempfile.TemporaryDirectory(prefix="larscale-report-test-") as folder:
        make_runs.make(os.path.join(folder, "runs"))
        yield folder


def read(*parts, mode="r"):
    with open(os.path.join(*parts), mode, encoding=None if mode == "rb" else "utf-8") as file:
        return file.read()


def replace(path, old, new, count=1):
    text = read(path)
    assert old in text, f"{old} is not in {path}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, count))


def texts(svg):
    """All that is written in an SVG file."""
    return " ".join("".join(e.itertext()) for e in xml.etree.ElementTree.fromstring(svg).iter()
                    if e.tag.endswith("}text"))


def check_png(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[-8:-4] == b"IEND", "no whole PNG"
    width, height = struct.unpack(">II", data[16:24])
    assert width >= 1000 and height >= 700, (width, height)
    assert len(data) > 20000, "an empty picture"


class Page(html.parser.HTMLParser):
    """Opens and closes every element in order, and keeps what the tests ask about."""
    void = {"meta", "img", "br", "link"}

    def __init__(self, text):
        super().__init__()
        self.stack, self.text, self.references, self.pictures, self.lines = [], "", [], [], 0
        self.feed(text)
        assert not self.stack, f"not closed: {self.stack}"

    def handle_starttag(self, tag, attributes):
        if tag not in self.void:
            self.stack.append(tag)
        self.lines += tag == "tr"
        self.references += [v for k, v in attributes if k in ("src", "href", "data", "action", "srcset")]
        if tag == "img":
            assert dict(attributes)["alt"], "a picture without a description"
            self.pictures.append(dict(attributes)["src"])

    def handle_endtag(self, tag):
        assert self.stack and self.stack.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if not {"script", "style"} & set(self.stack):
            self.text += data + "\n"


def report(folder, *runs, more=(), **options):
    """Makes a page of the runs (default: those made up): the page, parsed, and the result."""
    path = os.path.join(folder, "report.html")
    result = larscale("report", *(runs or [os.path.join(folder, "runs")]), "--out", path, "--overwrite",
                      *more, **options)
    return Page(read(path)), result


def test_figures():
    """every figure is drawn, whole as PNG, SVG and PDF, with its caption and the kinds of its numbers"""
    needs_gnuplot()
    with made_up_runs() as folder:
        out = os.path.join(folder, "figures")
        larscale("report", os.path.join(folder, "runs"), "--figures", out)
        assert sorted(os.listdir(out)) == sorted(f"{n}.{e}" for n in FIGURES for e in ("png", "svg", "pdf"))
        for name in FIGURES:
            check_png(read(out, f"{name}.png", mode="rb"))
            pdf = read(out, f"{name}.pdf", mode="rb")
            assert pdf[:5] == b"%PDF-" and b"%%EOF" in pdf[-16:], name
            words = texts(read(out, f"{name}.svg"))
            for part in ("made-up CPU, 16 cores, host made-up", "2026-01-02", "revision 0123456789ab"):
                assert part in words, f"{name}: no '{part}' in: {words}"
        expected = {"load_time": ["lz4:sparse, cold (measured)", "lz4:dense, warm (measured)",
                                  "lz4:sparse, warm (simulated)", "ideal", "nodes", "time (s)"],
                    "cpu_speedup": ["(measured)", "(simulated)", "(model)", "1 rank, 3.6e+05 s", "linear",
                                    "efficiency (%)"],
                    "gpu_speedup": ["about 35 times", "GPUs", "5.2e+04 s"],
                    "loss_vs_batch": ["global batch 1 (measured)", "global batch 14 (emulated)",
                                      "up to 3 runs", "loss (validation)", "epoch"],
                    "phases": ["forward", "allreduce", "inflate", "14 × 1, batch 14", "lz4:dense, warm"],
                    "roofline": ["conv2 forward", "1200 GFLOP/s", "90 GB/s", "NOT VALID: kernels"],
                    "confusion": ["gamma", "K+", "gamma 851/873", "68.8%", "836 / 1280"]}
        for name, parts in expected.items():
            words = texts(read(out, f"{name}.svg"))
            for part in parts:
                assert part in words, f"{name}: no '{part}' in: {words}"


def marks(svg):
    """The marks drawn in an SVG figure: shape, x, y. (The white discs behind them are gnuplot's.)"""
    found = re.findall(r"xlink:href='#(gpPt\d+)' transform='translate\(([\d.]+),([\d.]+)\)[^']*' color='([^']*)'",
                       svg)
    return [(shape, float(x), float(y)) for shape, x, y, colour in found if colour != "#FFFFFF"]


def check_places(values, places):
    """The places are the values' logarithms but for scale and origin, within a third of a pixel."""
    logs = [math.log(float(v)) for v in values]
    slope = (places[-1] - places[0]) / (logs[-1] - logs[0])
    for log, place in zip(logs, places):
        assert abs(places[0] + slope * (log - logs[0]) - place) < 0.34, (values, places)


def test_every_row_is_drawn():
    """a figure has one mark for each row, where its numbers say, and no other"""
    needs_gnuplot()
    with made_up_runs() as folder:
        runs, out = os.path.join(folder, "runs"), os.path.join(folder, "figures")
        table = os.path.join(runs, "gpu-speedup", "summary.csv")
        for row, speedup in zip(rows(table), (1.0, 1.1, 3.5, 4.0, 13.0)):  # along no straight line
            replace(table, f",{row['speedup']},{row['efficiency']},", f",{speedup},{row['efficiency']},")
        for number in (5, 6):
            larscale("report", runs, "--figures", out, "--overwrite")
            found = marks(read(out, "gpu_speedup.svg"))
            # a row is a mark in each of two panels; one more is in the legend
            assert len(found) == 2 * number + 1, found
            drawn = rows(table)
            check_places([r["ranks"] for r in drawn], [x for _, x, _ in found[:number]])
            check_places([r["speedup"] for r in drawn], [y for _, _, y in found[:number]])
            with open(table, "a", encoding="utf-8") as file:
                file.write(read(table).splitlines()[-1].replace("strong,14,14,", "strong,7,7,") + "\n")
        # three kinds look different: filled marks, open ones, and a model without any
        shapes = {shape for shape, _, _ in marks(read(out, "cpu_speedup.svg"))}
        assert len(shapes) == 2, shapes


def test_page():
    """the page parses, needs no other file, is small, and holds verdicts, figures, tables and commands"""
    needs_gnuplot()
    with made_up_runs() as folder:
        page, _ = report(folder)
        size = os.path.getsize(os.path.join(folder, "report.html"))
        assert size < 3 << 20, size
        assert all(r.startswith("data:image/") for r in page.references), page.references
        assert "url(" not in read(folder, "report.html") and "@import" not in read(folder, "report.html")
        assert len(page.pictures) == len(FIGURES)
        for part in ("4 of 5 runs are valid",
                     "RESULT VALID", "RESULT INVALID reason=made up <to be seen> & escaped",
                     "simulated", "emulated", "made-up CPU", "oneDNN 2.6.3",
                     "mpirun -np 14 larscale bench cpu-speedup --nodes", "How to read it"):
            assert part in page.text, f"no '{part}'"
        order = [page.text.index(part) for part in
                 ("Verdicts", "What is missing", "Figures", "Tables", "Machine and build",
                  "Commands to repeat")]
        assert order == sorted(order), order
        summaries = sum(len(read(folder, "runs", run, "summary.csv").splitlines()) - 1
                        for run in ("load-time", "cpu-speedup", "gpu-speedup"))
        assert page.lines > summaries, (page.lines, summaries)


def test_missing_rows():
    """a figure without rows is skipped with a message that names them; what is missing is on the page"""
    needs_gnuplot()
    with made_up_runs() as folder:
        page, result = report(folder, os.path.join(folder, "runs", "cpu-speedup"))
        assert "gpu_speedup: skipped: no run of gpu-speedup has rows in summary.csv" in result.out
        assert "roofline: skipped: no run of any driver has rows in roofline.csv" in result.out
        assert "no GPU was measured" in page.text
        assert len(page.pictures) == 2, result.out
        # rows, but none that the figure can use: the script itself says so
        table = os.path.join(folder, "runs", "load-time", "summary.csv")
        replace(table, ",load,", ",eval,", count=-1)
        _, result = report(folder, os.path.join(folder, "runs", "load-time"))
        assert "load_time: skipped: no rows of driver load-time in summary.csv" in result.out, result.out


def test_broken_tables():
    """a table that a hand broke: the message names file, line and column, and no page is written"""
    with made_up_runs() as folder:
        for run_name, table, old, new, says in (
                ("cpu-speedup", "summary.csv", "360000.0,349200.0", "36O000.0,349200.0",
                 ["summary.csv:2: column 14 (median_s) holds '36O000.0', which is no number"]),
                ("cpu-speedup", "samples.csv", ",measured\n", ",mesured\n",
                 ["samples.csv:2: column 21 (kind) holds 'mesured', which is none of measured"]),
                ("cpu-speedup", "samples.csv", ",1,1,1,0,fetch", ",1,1,1.5,0,fetch",
                 ["samples.csv:2: column 12 (step) holds '1.5', which is no whole number"]),
                ("loss-vs-batch", "history.csv", "1,1,measured,2,", "1,1,measured,2,2,",
                 ["history.csv:3: 12 columns, but the first line names 11"]),
                ("loss-vs-batch", "confusion.csv", "score_sum", "sum",
                 ["confusion.csv:1: there is no column score_sum"]),
                ("loss-vs-batch", "confusion.csv", "validation,gamma,gamma", 'validation,"gamma,gamma',
                 ["confusion.csv:2: column 2: a quotation mark does not end"]),
                ("kernels", "roofline.csv", "conv1 forward,6480000000.0", "conv1 forward,",
                 ["roofline.csv:2: column 2 (flop) holds '', which is empty"]),
                ("kernels", "roofline.csv", "kernel,flop", "kernel,kernel",
                 ["roofline.csv:1: column 2: a second one named 'kernel'"]),
                ("kernels", "RESULT", "RESULT INVALID", "RESULT PERHAPS", ["RESULT:1: neither"]),
                ("kernels", "env.json", '"program"', '"program', ["env.json:3: is no JSON"])):
            path = os.path.join(folder, "runs", run_name, table)
            whole = read(path)
            replace(path, old, new)
            refused("report", os.path.join(folder, "runs"), "--out", os.path.join(folder, "page.html"),
                    says=says)
            assert not os.path.exists(os.path.join(folder, "page.html"))
            with open(path, "w", encoding="utf-8") as file:
                file.write(whole)


def test_without_gnuplot():
    """without gnuplot the page is written without figures and says so; --figures ends with 77"""
    with made_up_runs() as folder:
        page, result = report(folder, environment={"PATH": folder})
        assert "the page has no figures" in result.err and len(page.pictures) == 0
        assert "The runs have no figures: gnuplot is not installed" in page.text
        assert "RESULT VALID" in page.text and page.lines > 40
        refused("report", os.path.join(folder, "runs"), "--figures", os.path.join(folder, "f"), code=77,
                says=["no figures were drawn", "gnuplot"], environment={"PATH": folder})
        for name in ("load-time", "cpu-speedup"):
            assert os.path.getsize(os.path.join(folder, "runs", name, "samples.csv")) > 1000


def test_gnuplot_fails():
    """a gnuplot that fails, or draws nothing, is an error with its own words, and leaves no rubbish"""
    with made_up_runs() as folder:
        temporary = os.path.join(folder, "temporary")
        os.mkdir(temporary)
        fake = os.path.join(folder, "gnuplot")
        for script, says in (("echo 'line 0: out of ink' >&2; exit 1", ["load_time", "out of ink"]),
                             ("exit 0", ["picture.svg"]),
                             ("kill -9 $$", ["load_time", "it says nothing"])):
            with open(fake, "w", encoding="ascii") as file:
                file.write(f"#!/bin/sh\n{script}\n")
            os.chmod(fake, 0o755)
            refused("report", os.path.join(folder, "runs"), "--out", os.path.join(folder, "page.html"),
                    says=says, environment={"PATH": f"{folder}:{os.environ['PATH']}",
                                            "TMPDIR": temporary})
            assert not os.path.exists(os.path.join(folder, "page.html"))
            assert os.listdir(temporary) == []


def test_names():
    """names with blanks, quotes and signs of HTML, in folders and in tables"""
    needs_gnuplot()
    with made_up_runs() as folder:
        name = "it's <b> \"a\" & $HOME run"
        os.rename(os.path.join(folder, "runs", "loss-vs-batch"), os.path.join(folder, "runs", name))
        table = os.path.join(folder, "runs", name, "confusion.csv")
        replace(table, "gamma", "\"<i>γ, 'x'</i>\"", count=-1)
        page, _ = report(folder)
        assert name in page.text and "<i>γ, 'x'</i>" in page.text
        assert len(page.pictures) == len(FIGURES)


def test_arguments():
    """folders without a run, files that are there, runs that did not end"""
    with made_up_runs() as folder:
        out = os.path.join(folder, "page.html")
        empty = os.path.join(folder, "empty")
        os.mkdir(empty)
        refused("report", empty, "--out", out, code=2, says=["holds no run"])
        refused("report", os.path.join(folder, "none"), "--out", out, code=2, says=["no such folder"])
        refused("report", os.path.join(folder, "runs"), code=2, says=["--out", "--figures"])
        with open(out, "w", encoding="ascii") as file:
            file.write("mine")
        refused("report", os.path.join(folder, "runs"), "--out", out, code=2, says=["--overwrite"])
        assert read(out) == "mine"
        os.mkdir(os.path.join(folder, "figures"))
        with open(os.path.join(folder, "figures", "load_time.svg"), "w", encoding="ascii") as file:
            file.write("mine")
        if shutil.which("gnuplot"):
            refused("report", os.path.join(folder, "runs"), "--figures", os.path.join(folder, "figures"),
                    code=2, says=["load_time.svg", "--overwrite"])
        assert read(folder, "figures", "load_time.svg") == "mine"
        os.remove(os.path.join(folder, "runs", "cpu-speedup", "RESULT"))
        page, _ = report(folder, os.path.join(folder, "runs", "cpu-speedup"),
                         os.path.join(folder, "runs", "cpu-speedup"))
        assert "0 of 1 runs are valid" in page.text and "the run did not end" in page.text


def test_full_disk():
    """a full disk: one line, no page, no figure in part"""
    needs_gnuplot()
    with made_up_runs() as folder, small_disk("64k") as disk:
        refused("report", os.path.join(folder, "runs"), "--out", os.path.join(disk, "page.html"),
                says=["page.html"])
        assert os.listdir(disk) == []


@with_trial
def test_real_runs(trial):
    """what `larscale train` leaves, on one rank and on two"""
    needs_gnuplot()
    trial.weights("--epochs", "2", "--batch", "2", *trial.validation)
    folders = [trial.path("run-1")]
    with contextlib.suppress(Skip):
        launcher()
        trial.weights("--epochs", "2", "--batch", "1", *trial.validation, ranks=2)
        folders.append(trial.path("run-2"))
    page, result = report(trial.folder, *folders)
    assert f"{len(folders)} of {len(folders)} runs are valid" in page.text, page.text[:1000]
    # loss, phases, and a confusion table of each run
    assert len(page.pictures) == 2 + len(folders), result.out
    assert "no GPU was measured" in page.text


def test_by_hand():
    """the scripts by hand, as plots/README.md shows them, and plots/make"""
    needs_gnuplot()
    with made_up_runs() as folder:
        runs = " ".join(os.path.join(folder, "runs", r) for r in os.listdir(os.path.join(folder, "runs")))
        out = os.path.join(folder, "by-hand.svg")
        for name in FIGURES:
            script = os.path.join(PLOTS, f"{name}.gnuplot")
            run(["gnuplot", "-e", f"runs='{runs}'; output='{out}'", script])
            assert texts(read(out)), name
            wrong = subprocess.run(["gnuplot", "-e", f"runs='{folder}'; output='{out}'", script],
                                   capture_output=True, text=True, check=False)
            assert wrong.returncode == 3 and "skipped: no rows" in wrong.stderr, (name, wrong)
            assert subprocess.run(["gnuplot", script], capture_output=True,
                                  check=False).returncode == 2, name
        figures = os.path.join(folder, "figures")
        run([os.path.join(PLOTS, "make"), "--out", figures, os.path.join(folder, "runs")],
            environment={"LARSCALE": LARSCALE})
        assert len(os.listdir(figures)) == 3 * len(FIGURES)


def browser():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        raise Skip("no headless browser (Debian: chromium)")
    return [path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def test_browser():
    """a browser shows the page, sorts its tables by number, and prints it"""
    needs_gnuplot()
    command = browser()
    with made_up_runs() as folder:
        report(folder)
        page = os.path.join(folder, "report.html")
        # What a click does, tried by a script that is put in for the test alone.
        replace(page, "</body>", "<script>var t=document.querySelectorAll('.wide table.sortable')[0],"
                "b=Array.from(t.querySelectorAll('button')).find(b=>b.textContent=='median_s');"
                "b.click();b.click();document.title='longest '+t.tBodies[0].rows[0].cells[11].textContent"
                "</script></body>")
        options = [f"--user-data-dir={folder}/browser", f"file://{page}"]
        shown = subprocess.run([*command, "--dump-dom", *options], capture_output=True, text=True,
                               check=False, timeout=120)
        assert "<title>longest 3.6e+05</title>" in shown.stdout, \
            re.findall("<title>.*?</title>", shown.stdout) or shown.stderr[-500:]
        printed = os.path.join(folder, "page.pdf")
        subprocess.run([*command, f"--print-to-pdf={printed}", *options], capture_output=True, check=True,
                       timeout=120)
        pdf = read(printed, mode="rb")
        assert pdf[:5] == b"%PDF-" and len(pdf) < 4 << 20, len(pdf)


main(globals())
