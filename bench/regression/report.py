"""The report of the gate: text, Markdown, and every number as JSON."""
import json
import statistics

COLUMNS = ("bench", "verdict", "base", "head", "ratio", "n", "why")


def spread(values):
    """Half the distance of the quartiles, as a part of the median."""
    quarters = statistics.quantiles(values, n=4)
    return (quarters[2] - quarters[0]) / 2 / statistics.median(values)


def row(result):
    """One bench as texts, in the order of COLUMNS."""
    if result["unit"] == "instructions":
        base, head = result.get("base"), result.get("head")
        numbers = (f"{base:,}", f"{head:,}", f"{head / base:.4f}", "1") if base and head else ("-",) * 4
    else:
        base, head = ([t for r in result["rounds"] for t in r[side]] for side in (0, 1))
        numbers = ("-",) * 4
        if len(base) > 1 and len(head) > 1:
            numbers = (*(f"{statistics.median(v):.4g} ms +-{100 * spread(v):.1f}%" for v in (base, head)),
                       f"{statistics.median(head) / statistics.median(base):.3f}", str(len(base)))
    return (result["name"], result["verdict"], *numbers, result["why"])


def as_text(title, results, verdict):
    rows = [COLUMNS, *map(row, results)]
    widths = [max(len(r[c]) for r in rows) for c in range(len(COLUMNS))]
    lines = [title, ""]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(r, widths)).rstrip() for r in rows]
    return "\n".join([*lines, "", f"REGRESSION {verdict}", ""])


def as_markdown(title, results, verdict):
    lines = [f"**Regression: {verdict}**", "", title, "", "| " + " | ".join(COLUMNS) + " |",
             "|" + " --- |" * len(COLUMNS)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row(r)) + " |" for r in results]
    return "\n".join([*lines, ""])


def write(folder, title, results, verdict):
    folder.mkdir(parents=True, exist_ok=True)
    text = as_text(title, results, verdict)
    (folder / "report.txt").write_text(text, encoding="utf-8")
    (folder / "report.md").write_text(as_markdown(title, results, verdict), encoding="utf-8")
    whole = {"title": title, "verdict": verdict, "results": results}
    (folder / "report.json").write_text(json.dumps(whole, indent=1), encoding="utf-8")
    return text
