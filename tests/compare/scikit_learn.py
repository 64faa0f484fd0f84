"""Distances of divisions by scikit-learn: `python scikit_learn.py > scikit_learn.json` (the version is in the file)."""

import json
import random

import sklearn
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, mutual_info_score, normalized_mutual_info_score, rand_score
from sklearn.metrics.cluster import contingency_matrix


def case(name, a, b):
    hamming, variation = 0, 0.0
    if a:
        table = contingency_matrix(a, b)
        hamming = len(a) - int(table[linear_sum_assignment(-table)].sum())
        # The entropy of a division is what it tells of itself.
        variation = mutual_info_score(a, a) + mutual_info_score(b, b) - 2 * mutual_info_score(a, b)
    return {
        "name": name,
        "a": a,
        "b": b,
        "hamming": hamming,
        "rand": float(rand_score(a, b)),
        "adjusted_rand": float(adjusted_rand_score(a, b)),
        "variation_of_information": max(0.0, float(variation)),
        "normalized_mutual_information": float(normalized_mutual_info_score(a, b)),
    }


random.seed(5)


def draw(n, k):
    return [random.randrange(k) for _ in range(n)]


cases = [
    case("no municipality", [], []),
    case("one municipality", [0], [0]),
    case("two municipalities", [0, 0], [0, 1]),
    case("identical", [0, 0, 1, 1, 2], [0, 0, 1, 1, 2]),
    case("renamed", [0, 0, 1, 1, 2], [9, 9, 4, 4, 0]),
    case("one area each", [0] * 4, [3] * 4),
    case("all alone in both", [0, 1, 2, 3], [3, 2, 1, 0]),
    case("all alone against one area", [0, 1, 2, 3], [0] * 4),
    case("one area against all alone", [0] * 4, [0, 1, 2, 3]),
    case("independent", [0, 0, 1, 1], [0, 1, 0, 1]),
    case("worse than chance", [0, 1, 1, 0, 1, 0], [0, 0, 0, 1, 1, 1]),
    case("divided", [0] * 4 + [1] * 4, [0, 0, 2, 2] + [1] * 4),
]
for n, ka, kb in [(10, 3, 3), (30, 4, 7), (57, 57, 5), (300, 42, 41), (300, 15, 42)]:
    cases.append(case(f"drawn: {n} in {ka} and {kb}", draw(n, ka), draw(n, kb)))
near = draw(300, 42)
cases.append(case("near", near, [x if random.random() < 0.95 else random.randrange(42) for x in near]))
lines = ",\n".join(json.dumps(c) for c in cases)
print(f'{{"made_with": "scikit-learn {sklearn.__version__}", "cases": [\n{lines}\n]}}')
