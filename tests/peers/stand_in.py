#!/usr/bin/env python3
"""Stands in for larscale and for the peers' Python: answers as they do, with times from a file.

The file named by STAND_IN holds JSON: for each contestant ("tensorflow", "step onednn:rewritten",
"load", "python", ..) what its measurements answer: seconds, a list of them, or {"exit": code,
"say": text}. Every start of larscale takes the next answer; peers take theirs one by one. "agree"
holds distances of dumps, by what is in the dump: the backend. STAND_IN_LOG collects the order of
the turns.
"""
import json
import os
import sys


def next_answer(name):
    path = os.environ["STAND_IN"]
    with open(path, encoding="utf-8") as file:
        answers = json.load(file)
    answer = answers[name].pop(0)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(answers, file)
    with open(os.environ["STAND_IN_LOG"], "a", encoding="utf-8") as file:
        file.write(f"{name}\t{sorted(os.sched_getaffinity(0))}\t{' '.join(sys.argv[1:])}\n")
    if isinstance(answer, dict):
        print(answer["say"], file=sys.stderr)
        sys.exit(answer["exit"])
    return answer


def peer(name):
    print(json.dumps({"ready": True, "peer": name, "version": "stand-in"}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"peer": name, "seconds": [next_answer(name)],
                          "peak_memory_bytes": 2_000_000_000}), flush=True)


def suite(arguments):
    words = [arguments[arguments.index("--backend") + 1]] if "--backend" in arguments else []
    name = " ".join([arguments[0], *words])
    if "--dump" in arguments:
        write(arguments[arguments.index("--dump") + 1], words[0])
        return
    times = next_answer(name)
    entry = {"name": name.replace(" ", "/"), "run_type": "iteration", "time_unit": "ms",
             "peak_memory_bytes": 1_000_000_000.0}
    entries = [entry | {"real_time": seconds * 1e3}
               for seconds in (times if isinstance(times, list) else [times])]
    mean = entry | {"run_type": "aggregate", "real_time": 1e9}
    print(json.dumps({"context": {"num_cpus": 2, "revision": "0123abcd"},
                      "benchmarks": [*entries, mean]}))


def write(path, text=""):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def agree(dumps):
    with open(os.environ["STAND_IN"], encoding="utf-8") as file:
        known = json.load(file).get("agree", {})
    found = {}
    for path in dumps:
        with open(path, encoding="utf-8") as file:
            backend = file.read()
        found[path] = {"loss": 1e-7, "logits": 1e-6, "gradients": 1e-5} | known.get(backend, {})
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1] in ("step", "load"):
        suite(sys.argv[1:])
    elif sys.argv[1] == "convert":
        write(sys.argv[sys.argv.index("--out") + 1])
    elif sys.argv[1].endswith("agree.py"):
        agree(sys.argv[3:])
    elif sys.argv[1].endswith("time_step.py") and "--dump" in sys.argv:
        write(sys.argv[sys.argv.index("--dump") + 1])
    elif sys.argv[1].endswith("time_step.py"):
        peer(sys.argv[2])
    elif sys.argv[1].endswith("time_load.py"):
        peer("python")
    else:
        write(sys.argv[2])  # make_batch.py, network.py
