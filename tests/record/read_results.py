#!/usr/bin/env python3
"""Reads a run's folder as a stranger would: with the schema page and Python's standard library alone.

usage: read_results.py FOLDER...

The tables of results/README.md say which files, columns and keys there are and what a cell may hold.
Checked besides: summary.csv and run.json follow from samples.csv (computed here once more), the order
of events.log, and the verdict. Prints what is wrong, with file, line and column.
Exit code: 0 all folders are as the page says, 1 some are not, 2 usage.
"""
import csv
import json
import math
import re
import statistics
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "results" / "README.md"
OWN_QUANTITY = ("eval", "checkpoint", "epoch", "train")
CONFIGURATION = ("backend", "scaling", "nodes", "ranks", "threads", "local_batch", "global_batch",
                 "cache_state", "kind")
MLLOG = ":::MLLOG "


class Wrong(Exception):
    """The folder is not as the page says."""


def read_page(text):
    """The page's tables: {section: [first two cells of each row]}; the first section is ''."""
    tables, section = {}, ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = line[3:].strip()
        cells = [c.strip() for c in line.strip("|").split("|")] if line.startswith("| `") else []
        if len(cells) > 1:
            tables.setdefault(section, []).append((cells[0].strip("`"), cells[1]))
    return tables


def check_cell(kind, cell):
    """What is wrong with a cell; None: nothing."""
    if kind.endswith("?"):
        if cell == "":
            return None
        kind = kind[:-1].rstrip(" ,")
    if kind == "text":
        return None if cell else "is empty"
    if kind == "integer":
        return None if re.fullmatch(r"\d+", cell) else "is no whole number"
    if kind == "number":
        try:
            return None if math.isfinite(float(cell)) else "is no finite number"
        except ValueError:
            return "is no number"
    return None if cell in kind.split(", ") else f"is none of {kind}"


def read_table(folder, name, columns):
    """The rows of a CSV file as dictionaries, every cell checked."""
    with open(folder / name, newline="", encoding="utf-8") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        if header != [c for c, _ in columns]:
            raise Wrong(f"{name}:1: columns are {','.join(header)}")
        rows = []
        for cells in reader:
            where = f"{name}:{reader.line_num}"
            if len(cells) != len(columns):
                raise Wrong(f"{where}: {len(cells)} cells, not {len(columns)}")
            for (column, kind), cell in zip(columns, cells):
                fault = check_cell(kind, cell)
                if fault:
                    raise Wrong(f"{where}: column {column}: '{cell}' {fault}")
            rows.append(dict(zip(header, cells)))
        return rows


def quantity_of(row):
    if row["phase"] in OWN_QUANTITY:
        return row["phase"]
    return "step" if row["step"] else "load"


def gather(samples):
    """{configuration and quantity: {unit: {rank: [seconds, events]}}}, in the order of appearance."""
    groups = {}
    for row in samples:
        if row["warmup"] == "1" or row["phase"] == "communication":
            continue
        group = groups.setdefault((*(row[c] for c in CONFIGURATION), quantity_of(row)), {})
        unit = group.setdefault(tuple(int(row[c] or -1) for c in ("rep", "epoch", "step")), {})
        rank = unit.setdefault(int(row["rank"] or -1), [0.0, 0])
        rank[0] += float(row["time_s"])
        rank[1] = max(rank[1], int(row["events"]))
    return groups


def interval(ordered):
    """Ends of the 95% interval of the median, by exact integer arithmetic; None below 6 values."""
    n, tail, low = len(ordered), 0, 0
    if n < 6:
        return None, None
    while True:
        tail += math.comb(n, low)
        if 40 * tail > 2 ** n:
            return ordered[low - 1], ordered[n - low]
        low += 1


def quantile(ordered, fraction):
    place = fraction * (len(ordered) - 1)
    i = min(int(place), len(ordered) - 1)
    j = min(i + 1, len(ordered) - 1)
    return ordered[i] + (place - i) * (ordered[j] - ordered[i])


def expect(where, cell, value):
    """A cell holds a number that was computed here, to the digits that files have; None: it is empty."""
    same = cell == "" if value is None else cell != "" and math.isclose(float(cell), value, rel_tol=2e-8)
    if not same:
        raise Wrong(f"{where}: '{cell}', but the samples give {value}")


def slowest(units):
    return [max(seconds for seconds, _ in unit.values()) for _, unit in sorted(units.items())]


def check_row(where, row, units):
    """One row of summary.csv; returns events of a unit over the median time."""
    times = slowest(units)
    events = sum(e for unit in units.values() for _, e in unit.values())
    ordered, median = sorted(times), statistics.median(times)
    low, high = interval(ordered)
    values = {"n": len(times), "median_s": median, "ci95_lo": low, "ci95_hi": high, "min_s": ordered[0],
              "max_s": ordered[-1], "p25": quantile(ordered, 0.25), "p75": quantile(ordered, 0.75),
              "p99": quantile(ordered, 0.99), "events_per_s": events / sum(times) if events else None}
    for column, value in values.items():
        expect(f"{where}: column {column}", row[column], value)
    return (events / len(times) if events else 1) / median


def check_speedup(where, row, rates):
    """rates: [(row, events of a unit over the median time)]. The base is among them."""
    filled = [bool(row[c]) for c in ("speedup", "efficiency", "base_ranks", "base_time_s")]
    if not any(filled) and row["scaling"] == "single":
        return
    if not all(filled) or row["scaling"] == "single":
        raise Wrong(f"{where}: speed-up, efficiency and base belong together, and to sweeps")
    same = ("scaling", "cache_state", "quantity")
    bases = [(r, rate) for r, rate in rates if all(r[c] == row[c] for c in same)
             and r["ranks"] == row["base_ranks"] and r["median_s"] == row["base_time_s"]]
    if not bases:
        raise Wrong(f"{where}: no row is the base of {row['base_ranks']} ranks, {row['base_time_s']} s")
    own = next(rate for r, rate in rates if r is row)
    expect(f"{where}: column speedup", row["speedup"], own / bases[0][1])
    expect(f"{where}: column efficiency", row["efficiency"],
           own / bases[0][1] * int(row["base_ranks"]) / int(row["ranks"]))


def check_summary(summary, groups):
    keys = [(*(row[c] for c in CONFIGURATION), row["quantity"]) for row in summary]
    if keys != list(groups):
        raise Wrong(f"summary.csv: rows are {keys}, the samples give {list(groups)}")
    rates = [(row, check_row(f"summary.csv:{i + 2}", row, groups[key]))
             for i, (row, key) in enumerate(zip(summary, keys))]
    for i, (row, _) in enumerate(rates):
        check_speedup(f"summary.csv:{i + 2}", row, rates)


def check_run_json(folder, page, groups):
    with open(folder / "run.json", encoding="utf-8") as file:
        run = json.load(file)
    for key in ("date", "host_name", "executable", "num_cpus", "revision"):
        if key not in run["context"]:
            raise Wrong(f"run.json: context has no {key}")
    times = [t for units in groups.values() for t in slowest(units)]
    if len(times) != len(run["benchmarks"]):
        raise Wrong(f"run.json: {len(run['benchmarks'])} entries, the samples give {len(times)}")
    for i, (entry, seconds) in enumerate(zip(run["benchmarks"], times)):
        if set(entry) != {key for key, _ in page}:
            raise Wrong(f"run.json: entry {i} has the keys {sorted(entry)}")
        for key, kind in page:
            fault = check_cell(kind, str(entry[key]))
            if fault:
                raise Wrong(f"run.json: entry {i}: {key} {entry[key]!r} {fault}")
        expect(f"run.json: entry {i}: real_time", str(entry["real_time"]), 1e3 * seconds)


def check_order(key, stack, seen):
    """One event of an interval, in the place where it may be."""
    name, end = key.rsplit("_", 1)
    if end == "stop":
        if not stack or stack.pop() != name:
            raise Wrong(f"{key}: not what began last")
        return
    inside = stack[-1] if stack else ""
    allowed = {"init": ("",), "run": ("",), "staging": ("init", "run"), "epoch": ("run",),
               "eval": ("run", "epoch")}[name]
    if inside not in allowed:
        raise Wrong(f"{key}: begins in '{inside}'")
    if name == "init" and seen or name == "run" and "init" not in seen:
        raise Wrong(f"{key}: init comes first, and once")
    seen.add(name)
    stack.append(name)


def check_events(folder, page):
    types, stack, seen, before = dict(page), [], set(), 0
    with open(folder / "events.log", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            where = f"events.log:{number}"
            if not line.startswith(MLLOG):
                raise Wrong(f"{where}: begins not with {MLLOG}")
            event = json.loads(line[len(MLLOG):])
            if list(event) != ["namespace", "time_ms", "event_type", "key", "value", "metadata"]:
                raise Wrong(f"{where}: keys are {list(event)}")
            key = event["key"]
            if types.get(key) != event["event_type"]:
                raise Wrong(f"{where}: {key} of type {event['event_type']}")
            if not isinstance(event["time_ms"], int) or event["time_ms"] < before:
                raise Wrong(f"{where}: time {event['time_ms']} after {before}")
            before = event["time_ms"]
            try:
                if event["event_type"] != "POINT_IN_TIME":
                    check_order(key, stack, seen)
                elif not isinstance(event["value"], (int, float)):
                    raise Wrong(f"{key}: value {event['value']}")
            except Wrong as wrong:
                raise Wrong(f"{where}: {wrong}") from None
    if stack or (seen and "run" not in seen):
        raise Wrong(f"events.log: ends within {stack or 'init alone'}")


def check_environment(folder, page):
    with open(folder / "env.json", encoding="utf-8") as file:
        environment = json.load(file)
    for key, _ in page:
        if key not in environment and key not in environment.get("launch", {}):
            raise Wrong(f"env.json: no key {key}")


def read_verdict(folder, page):
    if not (folder / "RESULT").is_file():
        raise Wrong("RESULT: missing")
    with open(folder / "RESULT", encoding="utf-8") as file:
        line = file.read()
    for begin, _ in page:
        if re.fullmatch(begin + (".+\n" if begin.endswith("=") else "\n"), line):
            return line
    raise Wrong(f"RESULT: is none of {', '.join(begin for begin, _ in page)}")


def check_folder(folder, page, environment=True):
    """environment: env.json is the program's (a test may write a record without)."""
    if read_verdict(folder, page["RESULT"]).startswith("RESULT UNAVAILABLE"):
        others = [p.name for p in folder.iterdir() if p.name != "RESULT"]
        if others:
            raise Wrong(f"{others[0]}: there, though nothing was measured")
        return
    for name, _ in page[""]:
        if name == "roofline.csv" and not (folder / name).is_file():
            continue
        if not (folder / name).is_file():
            raise Wrong(f"{name}: missing")
    tables = {n: read_table(folder, n, page[n])
              for n in ("samples.csv", "summary.csv", "history.csv", "confusion.csv")}
    if (folder / "roofline.csv").is_file():
        read_table(folder, "roofline.csv", page["roofline.csv"])
    groups = gather(tables["samples.csv"])
    check_summary(tables["summary.csv"], groups)
    check_run_json(folder, page["run.json"], groups)
    check_events(folder, page["events.log"])
    if environment:
        check_environment(folder, page["env.json"])


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    page, failed = read_page(PAGE.read_text(encoding="utf-8")), 0
    for name in arguments:
        try:
            check_folder(Path(name), page)
            print(f"{name}: as the page says")
        except (Wrong, OSError, ValueError, KeyError, csv.Error) as wrong:
            failed += 1
            print(f"{name}: {wrong}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
