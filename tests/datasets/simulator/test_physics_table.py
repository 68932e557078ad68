"""Puts the rows that the physics tests wrote together, and checks that none is missing or off; prints TAP.

usage: test_physics_table.py FOLDER ROWS.csv [--without WHAT] [--out TABLE.csv]
  FOLDER     a CSV file of each test that writes rows
  ROWS.csv   columns published, row, needs: the rows that there must be, no more and no fewer
  --without  rows that need it are not expected, as the build lacks it
  --out      where the table goes if all is well, behind lines (#) with machine, date and revision"""
import argparse
import csv
import datetime
import glob
import json
import os
import subprocess
import sys


def read(path):
    with open(path, newline="", encoding="ascii") as file:
        return list(csv.DictReader(file))


def written(folder):
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "*.csv"))):
        for row in read(path):
            row["from"] = os.path.basename(path)[:-len(".csv")]
            rows.append(row)
    return rows


def faults(rows, wanted):
    """What is wrong, in words."""
    names = [row["test"] for row in rows]
    found = [f"'{row['row']}' ({row['published']}) is missing" for row in wanted if row["row"] not in names]
    listed = {row["row"] for row in wanted}
    found += [f"'{name}' is not in the list of rows" for name in names if name not in listed]
    found += [f"'{name}' is there {names.count(name)} times" for name in set(names) if names.count(name) > 1]
    found += [f"'{row['test']}': {row['value']} instead of {row['target']} +- {row['tolerance']}" for row in rows
              if not abs(float(row["value"]) - float(row["target"])) <= float(row["tolerance"])]
    return found


def machine():
    info = json.loads(subprocess.run([os.environ["LARSCALE"], "info", "--json"], check=True, capture_output=True,
                                     text=True).stdout)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    return [f"larscale {info['program']['revision']}, {info['program']['compiler']} {info['program']['flags']}",
            f"{info['machine']['cpu']}, {now}", f"sample {os.environ.get('LARSCALE_PHYSICS_SAMPLE', '1')}"]


def write(path, rows, wanted):
    published = {row["row"]: row["published"] for row in wanted}
    with open(path, "w", newline="", encoding="ascii") as file:
        file.writelines(f"# {line}\n" for line in machine())
        columns = ["published", "test", "value", "target", "tolerance", "unit", "source", "from"]
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        for row in rows:
            table.writerow({"published": published[row["test"]], **row})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("wanted")
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--out")
    options = parser.parse_args()
    wanted = [row for row in read(options.wanted) if row["needs"] not in options.without or not row["needs"]]
    rows = written(options.folder)
    found = faults(rows, wanted)
    print("1..1")
    for line in found:
        print(f"# {line}")
    print(f"# {len(rows)} rows, {len(wanted)} wanted")
    print(f"{'not ok' if found else 'ok'} 1 - the table of physics checks is complete and within its tolerances")
    if options.out and not found:
        write(options.out, rows, wanted)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
