"""Ratios of times that were measured in turns, and the tables made of them.

A ratio is taken inside one round, between neighbours in time, so that a machine that is busy for a
while slows both; the median over the rounds is the result, minimum and maximum its spread.
"""
import csv
import json
from statistics import median


def spread(values):
    return {"median": median(values), "min": min(values), "max": max(values)}


def make_rows(rounds, references, contestants, study):
    """rounds: one dictionary per round, contestant's name to seconds. Every row is compared with
    every reference that has times: ratio = reference's seconds / the row's, so above 1 is faster.
    """
    rows = []
    for contestant in contestants:
        seconds = [times[contestant.name] for times in rounds if contestant.name in times]
        row = {"study": study, "name": contestant.name, "command": contestant.command,
               "peak_memory_bytes": contestant.peak_memory, "facts": contestant.facts,
               "agreement": contestant.agreement, "seconds": seconds, "ratios": {}}
        if seconds:
            row |= spread(seconds)
        for reference in references:
            pairs = [times[reference] / times[contestant.name] for times in rounds
                     if reference in times and contestant.name in times]
            if pairs:
                row["ratios"][reference] = spread(pairs)
        rows.append(row)
    return rows


def columns(row, references):
    yield "study", row["study"]
    yield "name", row["name"]
    yield "repetitions", len(row["seconds"])
    for key in ("median", "min", "max"):
        yield f"seconds_{key}", row.get(key)
    yield "peak_memory_bytes", row["peak_memory_bytes"]
    for reference in references:
        for key in ("median", "min", "max"):
            yield f"times_{reference}_{key}", row["ratios"].get(reference, {}).get(key)
    for kind in ("loss", "logits", "gradients"):
        yield f"difference_{kind}", row["agreement"].get(kind)
    yield "note", row.get("note", "")


def write_csv(path, rows, references):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for number, row in enumerate(rows):
            cells = dict(columns(row, references))
            if number == 0:
                writer.writerow(cells)
            writer.writerow("" if value is None else value for value in cells.values())


def write_json(path, facts, rows):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**facts, "rows": rows}, file, indent=1)
        file.write("\n")


def print_table(title, rows, references):
    print(f"\n{title}")
    width = max(len(row["name"]) for row in rows) + 2
    heads = {reference: f"times {reference} (min .. max)" for reference in references}
    widths = {reference: max(34, len(head) + 2) for reference, head in heads.items()}
    print(f"{'':{width}}{'seconds (min .. max)':>26}{'memory':>10}"
          + "".join(f"{heads[r]:>{widths[r]}}" for r in references))
    for row in rows:
        if not row["seconds"]:
            print(f"{row['name']:{width}}{row['note']}")
            continue
        memory = row["peak_memory_bytes"]
        seconds = "{median:.4f} ({min:.4f} .. {max:.4f})".format(**row)
        memory = f"{memory / 1e9:.2f} GB" if memory else "-"
        line = f"{row['name']:{width}}{seconds:>26}{memory:>10}"
        for reference in references:
            ratio = row["ratios"].get(reference)
            text = "{median:.2f} ({min:.2f} .. {max:.2f})".format(**ratio) if ratio else ""
            line += f"{text:>{widths[reference]}}"
        if row["agreement"]:
            line += "  differs: logits {logits:.0e}, gradients {gradients:.0e}".format(
                **row["agreement"])
        print(line + (f"  {row['note']}" if row.get("note") else ""))


def markdown_cells(row, references):
    """Texts of a row, one for each column of write_markdown."""
    if not row["seconds"]:
        return [row["name"], row.get("note", "no time")] + [""] * (2 + len(references))
    spread_ms = [f"{1e3 * row[key]:.2f}" for key in ("median", "min", "max")]
    memory = row["peak_memory_bytes"]
    cells = [row["name"], "{} ({} .. {})".format(*spread_ms),
             f"{memory / 1e6:.0f} MB" if memory else ""]
    for reference in references:
        ratio = row["ratios"].get(reference)
        cells.append("{median:.2f} ({min:.2f} .. {max:.2f})".format(**ratio) if ratio else "")
    far = row["agreement"]
    return cells + [f"{far['logits']:.0e}, {far['gradients']:.0e}" if far else row.get("note", "")]


def write_markdown(path, facts, tables):
    """tables: (title, rows, references). The page stands for itself: machine and date are on it."""
    cores = ", ".join(map(str, facts["cores"]))
    lines = [f"{facts['processor']}, cores {cores}, {facts['threads']} threads, "
             f"{facts['started'][:10]}, {facts['rounds']} rounds in turns. "
             + "; ".join(facts["versions"]), ""]
    for title, rows, references in tables:
        header = [title, "ms, median (min .. max)", "memory"]
        header += [f"times {reference} (min .. max)" for reference in references]
        header.append("logits, gradients differ by")
        lines += ["| " + " | ".join(header) + " |", "| --- " * len(header) + "|"]
        lines += ["| " + " | ".join(markdown_cells(row, references)) + " |" for row in rows] + [""]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
