"""Runs a face network the plain way: Pillow, numpy and onnxruntime, one face at a time.

usage: agreement.py, with one JSON document on stdin:
  {"onnx": PATH, "mean": [r, g, b], "std": [r, g, b], "files": [PATH, ...]}
Pixels are prepared as (x / 255 - mean) / std. Prints the feature vectors of the files as JSON.
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image


def main(onnx, mean, std, files):
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    features = []
    for path in files:
        pixels = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32) / 255
        prepared = (pixels - np.float32(mean)) / np.float32(std)
        batch = np.ascontiguousarray(prepared.transpose(2, 0, 1)[None])
        features.append(session.run(None, {name: batch})[0][0].tolist())
    json.dump(features, sys.stdout)


main(**json.load(sys.stdin))
