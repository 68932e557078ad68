"""The regression gate's decision, on made-up times of many kinds and on real ones. Prints TAP."""
import json
import math
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "bench" / "regression"), str(HERE.parent / "support")]
import tap
from decision import (FAIL, PASS, UNKNOWN, decide, decide_instructions, judge_round, mann_whitney, overall,
                      ratio, wants_confirmation)

TRIALS = 400


def quiet(chance):
    """Scatter of 2%, as on an idle machine."""
    return math.exp(chance.gauss(0, 0.02))


def long_tail(chance):
    """Now and then much longer: another program had the processor."""
    return 1 + 0.02 * chance.random() + (chance.random() < 0.15) * chance.expovariate(2)


def two_speeds(chance):
    """The processor's clock jumps between two speeds."""
    return (1.0 if chance.random() < 0.5 else 1.08) * quiet(chance)


def noisy(chance):
    """Scatter of 30%."""
    return math.exp(chance.gauss(0, 0.3))


def gate(chance, noise, slower, drift=0.0):
    """The gate's verdict: rounds in the order base, head, head, base, the second only if it is wanted.
    drift: by what part all gets slower in the course of a round."""
    rounds = []
    for _ in range(2):
        base, head = [], []
        for turn in range(5):
            for place, (times, factor) in enumerate(((base, 1), (head, slower), (head, slower), (base, 1))):
                times.append(factor * noise(chance) * (1 + drift * (4 * turn + place) / 20))
        rounds.append((base, head))
        if not wants_confirmation(rounds[0]):
            break
    return decide(rounds)[0]


def share(noise, slower, verdict, drift=0.0, trials=TRIALS):
    chance = random.Random(1)
    return sum(gate(chance, noise, slower, drift) == verdict for _ in range(trials)) / trials


def test_same_twice():
    """the same program twice is never claimed to be slower, whatever the noise; a quiet one passes"""
    for noise in (quiet, long_tail, two_speeds, noisy):
        assert share(noise, 1, FAIL) == 0, noise
        assert share(noise, 1, FAIL, drift=0.3) == 0, noise
    assert share(quiet, 1, PASS) == 1
    assert share(two_speeds, 1, PASS) > 0.9
    assert share(noisy, 1, UNKNOWN) > 0.5


def test_fifteen_percent():
    """15% slower is found, and never passes where it can be seen"""
    assert share(quiet, 1.15, FAIL) > 0.97
    assert share(quiet, 1.15, FAIL, drift=0.05) > 0.9
    # Where times scatter like this, ten of them often do not suffice: then it is UNKNOWN.
    assert share(two_speeds, 1.15, FAIL) > 0.7 and share(long_tail, 1.15, FAIL) > 0.35
    for noise in (quiet, long_tail, two_speeds):
        assert share(noise, 1.15, PASS) < 0.01, noise
    assert share(noisy, 1.15, PASS) < 0.05
    assert share(noisy, 2.5, FAIL) > 0.9


def test_three_percent():
    """3% slower is not claimed"""
    for noise in (quiet, long_tail, two_speeds):
        assert share(noise, 1.03, FAIL) == 0, noise
    assert share(noisy, 1.03, FAIL) < 0.005
    assert share(quiet, 1.03, PASS) > 0.99


def test_faster():
    """a faster program passes"""
    assert share(quiet, 0.8, PASS) == 1 and share(noisy, 0.2, PASS) > 0.99


def test_real_times():
    """one program against itself, 20 real rounds of each bench: none is claimed to be slower"""
    with open(HERE / "same_program.json", encoding="utf-8") as file:
        rounds = json.load(file)["rounds"]
    for bench in ("step", "load"):
        own = [(r["base"], r["head"]) for r in rounds if r["bench"] == bench]
        assert len(own) == 20 and all(len(a) == len(b) == 10 for a, b in own)
        assert not any(wants_confirmation(r) for r in own)
        slower = [[(base, [1.15 * t for t in head]) for base, head in (own[i], own[i - 1])] for i in range(20)]
        found = [decide(pair)[0] for pair in slower]
        assert found.count(FAIL) >= 18 and PASS not in found, found
        little = [decide([(base, [1.03 * t for t in head])])[0] for base, head in own]
        assert FAIL not in little, little


def test_rules():
    """every condition of the claim is needed"""
    base = [100 + i for i in range(10)]
    slow = [1.15 * t + 0.01 for t in base]
    assert judge_round(base, slow)[0] == FAIL
    assert judge_round(base, [1.12 * t + 0.01 for t in base])[0] == FAIL
    # More than enough to be seen, but below 1.10.
    assert mann_whitney(base, [1.09 * t + 0.01 for t in base]) < 0.002
    assert judge_round(base, [1.09 * t + 0.01 for t in base])[0] != FAIL
    # The ratio is there, the certainty is not: half of the times are as before.
    mixed = [100.5 + i for i in range(4)] + [130.5 + i for i in range(6)]
    assert ratio(base, mixed) > 1.10 and mann_whitney(base, mixed) > 0.002
    assert judge_round(base, mixed)[0] == UNKNOWN
    assert decide([(base, slow)])[0] == UNKNOWN
    assert "no second round" in decide([(base, slow)])[1]
    assert decide([(base, slow), (base, slow)])[0] == FAIL
    same = [t + 0.01 for t in base]
    assert decide([(base, slow), (base, same)])[0] == UNKNOWN
    assert decide([(base, same)])[0] == PASS


def test_too_little():
    """fewer than ten values, or no times at all, are not known"""
    for base, head in (([1.0] * 9, [2.0] * 10), ([1.0] * 10, [2.0] * 9), ([], []),
                       ([1.0] * 10, [math.nan] * 10), ([0.0] * 10, [1.0] * 10)):
        assert judge_round(base, head)[0] == UNKNOWN, (base, head)


def test_probabilities():
    """p as in the C library's test: counts by hand, a published example, ties, large samples"""
    apart = ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    assert math.isclose(mann_whitney(*apart), 2 / 252)
    assert math.isclose(mann_whitney(list(range(10)), list(range(10, 20))), 2 / 184756)
    x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    y = [1.15, 0.88, 0.90, 0.74, 1.21]  # Hollander and Wolfe, 1973, page 69
    assert abs(mann_whitney(x, y) - 2 * 0.1272) < 1e-4 and mann_whitney(x, y) == mann_whitney(y, x)
    assert abs(mann_whitney([2, 3, 1, 2], [5, 2, 4, 3]) - 0.136658) < 1e-5
    assert mann_whitney([7] * 4, [7] * 4) == 1
    assert mann_whitney(list(range(40)), list(range(40, 80))) < 1e-12


def test_instructions():
    """more than 1% more instructions fail; fewer never do"""
    assert decide_instructions(1000000, 1009999)[0] == PASS
    assert decide_instructions(1000000, 1010001)[0] == FAIL
    assert decide_instructions(1000000, 500000)[0] == PASS
    assert decide_instructions(0, 5)[0] == UNKNOWN


def test_overall():
    """one FAIL is enough, one UNKNOWN spoils a PASS, nothing measured is not known"""
    assert overall([PASS, UNKNOWN, FAIL]) == FAIL and overall([PASS, UNKNOWN]) == UNKNOWN
    assert overall([PASS, PASS]) == PASS and overall([]) == UNKNOWN


if __name__ == "__main__":
    sys.exit(tap.run(tap.tests_of(globals())))
