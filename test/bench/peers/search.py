"""The peer of the search benchmark: numpy's matrix product and argpartition, as one would write it.

Reads one JSON line a command and answers with one JSON line:
{"gallery": path, "queries": path, "dimension": d}  loads float32 files         -> {"rows": n, "numpy": version}
{"count": n, "k": k, "repeats": r}                  searches the first n queries -> {"ms": [...], "rows": [[...], ...]}
"""

import json
import sys
import time

import numpy as np


def top_k(queries, gallery, k):
    scores = queries @ gallery.T
    best = np.argpartition(scores, scores.shape[1] - k, axis=1)[:, -k:]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
    return np.take_along_axis(best, order, axis=1)


gallery = queries = None
for line in sys.stdin:
    command = json.loads(line)
    if "gallery" in command:
        gallery = np.fromfile(command["gallery"], dtype=np.float32).reshape(-1, command["dimension"])
        queries = np.fromfile(command["queries"], dtype=np.float32).reshape(-1, command["dimension"])
        answer = {"rows": len(gallery), "numpy": np.__version__}
    else:
        ms = []
        for _ in range(command["repeats"]):
            start = time.perf_counter()
            rows = top_k(queries[: command["count"]], gallery, command["k"])
            ms.append((time.perf_counter() - start) * 1e3)
        answer = {"ms": ms, "rows": rows.tolist()}
    print(json.dumps(answer), flush=True)
