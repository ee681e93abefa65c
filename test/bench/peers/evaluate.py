"""The peer of the evaluator's benchmark: numpy alone, vectorised; of two ways to compare pairs the one that is faster here.

Reads one JSON line a command and answers with one JSON line:
{"files": {column: path}, "sizes": {...}}  loads the columns  -> {"about": version}
{"replicates": 0}                          measures           -> {"ms": {stage: ms}, "figures": {"metric@parameter": value}}
"""

import json
import sys
import time

import numpy as np

FARS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
FPIRS = [1e-3, 1e-2, 1e-1]
RANKS = [1, 5, 10, 20, 50]
CMC_RANKS = 50


def pool(features, template, medium):
    """The mean within a medium, then over the media of a template, scaled to length one."""
    order = np.lexsort((medium, template))
    media, of = medium[order], template[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(media) != 0) | (np.diff(of) != 0)])
    counts = np.diff(np.r_[starts, len(order)])
    means = np.add.reduceat(features[order], starts, axis=0) / counts[:, None].astype(np.float32)
    owners = of[starts]
    fused = np.add.reduceat(means, np.flatnonzero(np.r_[True, np.diff(owners) != 0]), axis=0)
    return fused / np.linalg.norm(fused, axis=1, keepdims=True)


def scores_by_pair(features, reference, probe, chunk=1 << 14):
    scores = np.empty(len(reference), np.float32)
    for start in range(0, len(reference), chunk):
        part = slice(start, start + chunk)
        scores[part] = np.einsum("ij,ij->i", features[reference[part]], features[probe[part]])
    return scores


def scores_by_block(features, reference, probe, block=256):
    """All probes with some references at a time, and what is wanted of the products; the pairs lie reference by reference."""
    first, last = int(probe.min()), int(probe.max()) + 1
    probes = features[first:last].T
    scores = np.empty(len(reference), np.float32)
    for start in range(int(reference[0]), int(reference[-1]) + 1, block):
        part = slice(*np.searchsorted(reference, [start, start + block]))
        products = features[start : start + block] @ probes
        scores[part] = products[reference[part] - start, probe[part] - first]
    return scores


def allowed_count(rate, total):
    return int(np.floor(rate * total + 1e-9))


def verify(scores, mated):
    genuine = np.sort(scores[mated])
    impostor = np.sort(scores[~mated])
    figures = {}
    # The least rates want as many comparisons as crossres wants for them.
    for far in (far for far in FARS if far >= 1e-4 or far * len(impostor) >= 10):
        outside = impostor[len(impostor) - 1 - allowed_count(far, len(impostor))]
        figures[f"tar_at_far@{f'{far:.6f}'.rstrip('0')}"] = 1 - np.searchsorted(genuine, outside, "right") / len(genuine)
    below = np.searchsorted(impostor, genuine, "left")
    upto = np.searchsorted(impostor, genuine, "right")
    figures["auc@0"] = (below + upto).mean() / 2 / len(impostor)
    # Where the staircase of FNMR over FMR crosses the diagonal, from the highest mated score down.
    fmr = 1 - upto[::-1] / len(impostor)
    fnmr = 1 - np.arange(1, len(genuine) + 1) / len(genuine)
    at = int(np.argmax(fnmr <= fmr))
    figures["eer@0"] = min(fmr[at], fnmr[at] + 1 / len(genuine))
    return figures


def search(features, subject, gallery, probes, block=1024):
    enrolled = features[gallery].T
    order = np.argsort(subject[gallery])
    names = subject[gallery][order]
    wanted = subject[probes]
    place = np.minimum(np.searchsorted(names, wanted), len(names) - 1)
    mated = names[place] == wanted
    column = order[place]
    top = np.empty(len(probes), np.float32)
    mate = np.empty(len(probes), np.float32)
    rank = np.empty(len(probes), np.int64)
    for start in range(0, len(probes), block):
        part = slice(start, start + block)
        scores = features[probes[part]] @ enrolled
        top[part] = scores.max(axis=1)
        mate[part] = scores[np.arange(len(scores)), column[part]]
        # A tie is broken against the mate.
        rank[part] = np.count_nonzero(scores >= mate[part][:, None], axis=1)
    rank, mate, strangers = rank[mated], np.sort(mate[mated]), np.sort(top[~mated])
    cmc = np.cumsum(np.bincount(rank, minlength=CMC_RANKS + 1)[1:]) / len(rank)
    figures = {f"rank@{k}": cmc[k - 1] for k in RANKS}
    figures |= {f"cmc@{k}": cmc[k - 1] for k in range(1, CMC_RANKS + 1)}
    figures["map@0"] = (((rank == 1) + 1 / rank) / 2).mean()
    for fpir in FPIRS:
        outside = strangers[len(strangers) - 1 - allowed_count(fpir, len(strangers))]
        threshold = strangers[min(np.searchsorted(strangers, outside, "right"), len(strangers) - 1)]
        figures[f"fnir_at_fpir@{fpir}"] = np.searchsorted(mate, threshold, "left") / len(mate)
    return figures


def identify(features, subject, galleries, probes):
    each = [search(features, subject, gallery, probes) for gallery in galleries]
    return {name: sum(figures[name] for figures in each) / len(each) for name in each[0]}


def load(files, sizes):
    columns = {name: np.fromfile(path, dtype=np.uint32) for name, path in files.items() if name not in ("features", "mated")}
    features = np.fromfile(files["features"], dtype=np.float32).reshape(-1, sizes["dimension"])
    mated = np.fromfile(files["mated"], dtype=np.uint8).astype(bool)
    reference, probe = columns["reference"].astype(np.intp), columns["probe"].astype(np.intp)
    first, second = sizes["galleries"]
    galleries = [np.arange(first), np.arange(first, first + second)]
    probes = np.arange(first + second, first + second + sizes["probes"])

    pooled = pool(features, columns["template"], columns["medium"])
    ways = {}
    for way in (scores_by_pair, scores_by_block):
        start = time.perf_counter()
        way(pooled, reference, probe)
        ways[way] = time.perf_counter() - start
    score = min(ways, key=ways.get)

    def evaluate():
        times = [time.perf_counter()]
        pooled = pool(features, columns["template"], columns["medium"])
        times.append(time.perf_counter())
        figures = verify(score(pooled, reference, probe), mated)
        times.append(time.perf_counter())
        figures |= identify(pooled, columns["subject"], galleries, probes)
        times.append(time.perf_counter())
        ms = dict(zip(("pooling", "verification", "identification"), (np.diff(times) * 1e3).tolist()))
        return {"ms": ms, "figures": {name: float(value) for name, value in figures.items()}}

    return evaluate, f"numpy {np.__version__}, {score.__name__}"


evaluate = None
for line in sys.stdin:
    command = json.loads(line)
    if "files" in command:
        evaluate, about = load(**command)
        answer = {"about": about}
    else:
        answer = evaluate()
    print(json.dumps(answer), flush=True)
