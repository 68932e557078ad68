"""results: lists, filters and compares runs; what a hand-made edit broke is named."""
import json
import os
import re
import shutil

from program import larscale, main, refused, rows, with_trial


def listed(trial, *options):
    """The folders' names that are listed."""
    return [os.path.basename(run["folder"])
            for run in json.loads(larscale("results", trial.folder, "--json", *options).out)]


def three_runs(trial):
    """Runs a, b (another backend) and c (cut off by a damaged verdict)."""
    trial.train("--epochs", 4, "--batch", 2, "--out", trial.path("a"))
    trial.train("--epochs", 2, "--batch", 3, "--backend", "reference", "--out", trial.path("deep/er/b"))
    shutil.copytree(trial.path("a"), trial.path("c"))
    trial.write("c/RESULT", "RESULT INVALID reason=the moon was full\n")


@with_trial
def test_lists(trial):
    """every run at any depth, with its driver, backend, ranks, verdict and date"""
    three_runs(trial)
    os.rename(trial.path("c/samples.csv"), trial.path("c/kept"))
    out = larscale("results", trial.folder).out.splitlines()
    assert len(out) == 5, out
    assert re.match(r"20\d\d-\S+Z +train +\S+ +\S+ +1 +1 +VALID +\S+/a$", out[1]), out[1]
    assert "INVALID" in out[2] and "the moon was full" in out[3], out
    assert " reference" in out[4] and out[4].endswith("/deep/er/b"), out
    points = json.loads(larscale("results", trial.path("a"), "--json").out)[0]["points"]
    summary = rows(trial.path("a/summary.csv"))
    assert [p["quantity"] for p in points] == [r["quantity"] for r in summary]
    for point, row in zip(points, summary):
        assert point["median_s"] == float(row["median_s"]) and point["n"] == int(row["n"])


@with_trial
def test_unavailable(trial):
    """what larscale study leaves where a driver cannot run is listed with its reason, and no damage"""
    folder = trial.path("gpu-speedup-unavailable")
    os.mkdir(folder)
    trial.write("gpu-speedup-unavailable/RESULT", "RESULT UNAVAILABLE reason=no device here\n")
    out = larscale("results", trial.folder).out
    assert "UNAVAILABLE" in out and "reason=no device here" in out and "damaged" not in out, out
    assert listed(trial, "--verdict", "unavailable") == ["gpu-speedup-unavailable"]
    for other in ("valid", "invalid", "unfinished"):
        assert listed(trial, "--verdict", other) == []


@with_trial
def test_filters(trial):
    """--driver, --backend (NAME or NAME:VARIANT), --host, --verdict choose; nothing found is no error"""
    three_runs(trial)
    host = json.loads(larscale("results", trial.path("a"), "--json").out)[0]["host"]
    assert listed(trial) == ["a", "c", "b"]
    assert listed(trial, "--driver", "train") == ["a", "c", "b"]
    assert listed(trial, "--driver", "tra") == []
    # In the smallest build it is everybody's backend.
    usual = rows(trial.path("a/summary.csv"))[0]["backend"].split(":")[0]
    own = ["a", "c", "b"] if usual == "reference" else ["b"]
    assert listed(trial, "--backend", "reference") == own
    assert listed(trial, "--backend", "refer") == []
    variant = rows(trial.path("deep/er/b/summary.csv"))[0]["backend"]
    assert listed(trial, "--backend", variant) == own
    assert listed(trial, "--backend", variant + "x") == []
    assert listed(trial, "--host", host) == ["a", "c", "b"]
    assert listed(trial, "--host", "elsewhere") == []
    assert listed(trial, "--verdict", "valid") == ["a", "b"]
    assert listed(trial, "--verdict", "invalid", "--backend", "reference") == own[1:2]
    assert "no such runs" in larscale("results", trial.folder, "--host", "elsewhere").out


@with_trial
def test_default_folder(trial):
    """without folders it looks into results/"""
    refused("results", code=2, says="results: there is no such folder", cwd=trial.folder)
    trial.train("--epochs", 1, "--out", trial.path("results/x"))
    assert "results/x" in larscale("results", cwd=trial.folder).out


@with_trial
def test_unfinished(trial):
    """a run that is under way, or was killed, is listed as unfinished"""
    trial.train("--epochs", 1, "--out", trial.path("a"))
    os.makedirs(trial.path("killed"))
    shutil.copy(trial.path("a/samples.csv"), trial.path("killed/samples.csv.partial-77"))
    assert listed(trial, "--verdict", "unfinished") == ["killed"]
    assert "UNFINISHED" in larscale("results", trial.path("killed")).out


EDITS = [  # file, pattern, replacement, what the message says after the folder
    ("summary.csv", r"(\n.*\n.*,step,\d+,)[\d.e-]+", r"\1fast", "/summary.csv:3: column 14 (median_s)"),
    ("summary.csv", r"single,1,", "single,one,", "/summary.csv:2: column 5 (nodes)"),
    ("summary.csv", r",measured,", ",guessed,", "/summary.csv:2: column 11 (kind)"),
    ("summary.csv", r"\n([^,]*),train,", r"\n\1,", "/summary.csv:2: 25 columns, but the first line names 26"),
    ("summary.csv", r"median_s", "median", "/summary.csv:1: there is no column median_s"),
    ("summary.csv", r'\n"', '\n"" "', "/summary.csv:2: column 1: a quotation mark"),
    ("summary.csv", r"(?s).*", "", "/summary.csv: is empty"),
    ("env.json", r'"machine":', '"machine"', "/env.json:"),
    ("RESULT", r"RESULT", "REZULT", "/RESULT:1: neither"),
]


@with_trial
def test_damaged(trial):
    """an edit by hand that broke a file: exit code 1, the file, line and column; other runs are listed"""
    trial.train("--epochs", 2, "--batch", 2, "--out", trial.path("a"))
    for name, pattern, replacement, says in EDITS:
        shutil.copytree(trial.path("a"), trial.path("b"))
        with open(trial.path(f"b/{name}"), encoding="utf-8") as file:
            text = file.read()
        changed = re.sub(pattern, replacement, text, count=1)
        assert changed != text, pattern
        trial.write(f"b/{name}", changed)
        line = refused("results", trial.folder, code=1, says=f"/b{says}")
        out = larscale("results", trial.folder, expect=1).out
        assert "damaged: " in out and "/a\n" in out, out
        assert line.split(": ", 1)[1] in out, (line, out)
        refused("results", "--compare", trial.path("a"), trial.path("b"), code=1, says=f"/b{says}")
        shutil.rmtree(trial.path("b"))


def change_medians(trial, name, factor):
    """Multiplies the step's median and interval in a summary."""
    path = trial.path(f"{name}/summary.csv")
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    head = lines[0].split(",")
    for number, line in enumerate(lines):
        cells = line.split(",")
        if cells[head.index("quantity")] == "step":
            for column in ("median_s", "ci95_lo", "ci95_hi"):
                cells[head.index(column)] = repr(factor * float(cells[head.index(column)]))
            lines[number] = ",".join(cells)
    trial.write(f"{name}/summary.csv", "\n".join(lines) + "\n")


@with_trial
def test_compare(trial):
    """the ratio of two runs' medians per configuration, its interval, and what is only in one"""
    trial.train("--epochs", 4, "--batch", 2, "--out", trial.path("a"))
    for name, factor in (("same", 1.0), ("slow", 5.0), ("fast", 0.2)):
        shutil.copytree(trial.path("a"), trial.path(name))
        change_medians(trial, name, factor)
    for name, factor, judgement in (("same", 1, "no difference shown"), ("slow", 5, "slower"),
                                    ("fast", 0.2, "faster")):
        both = (trial.path("a"), trial.path(name))
        found = json.loads(larscale("results", "--compare", *both, "--json").out)
        assert found["first"]["folder"] == both[0] and found["second"]["folder"] == both[1]
        step = {r["quantity"]: r for r in found["ratios"]}["step"]
        a, b = ({r["quantity"]: r for r in rows(os.path.join(f, "summary.csv"))}["step"] for f in both)
        assert abs(step["ratio"] / factor - 1) < 1e-9, step
        assert abs(step["low"] - float(b["ci95_lo"]) / float(a["ci95_hi"])) < 1e-9 * factor
        assert abs(step["high"] - float(b["ci95_hi"]) / float(a["ci95_lo"])) < 1e-9 * factor
        # The times of so few microseconds may scatter: then nothing is claimed.
        assert step["judgement"] in (judgement, "no difference shown"), step
        load = {r["quantity"]: r for r in found["ratios"]}["load"]
        assert load["judgement"] == "too few times" and load["low"] is None
        assert f"{step['ratio']:.3f}" in larscale("results", "--compare", *both).out
    trial.train("--epochs", 1, "--batch", 6, "--out", trial.path("other"))
    out = larscale("results", "--compare", trial.path("a"), trial.path("other")).out
    assert "only in the first" in out and "only in the second" in out, out


@with_trial
def test_compare_refused(trial):
    """--compare of one run, of three, of a folder without any"""
    trial.train("--epochs", 1, "--out", trial.path("runs/a"))
    refused("results", "--compare", trial.path("runs"), code=2, says="these hold 1")
    refused("results", "--compare", trial.path("gone"), trial.path("runs"), code=2, says="gone")
    for name in "bc":
        shutil.copytree(trial.path("runs/a"), trial.path(f"runs/{name}"))
    refused("results", "--compare", trial.path("runs"), code=2, says="these hold 3")


main(globals())
