"""The peer of the training benchmark: PyTorch with the same ONNX file, loss and optimizer, batch norm in evaluation mode.

Reads one JSON line a command and answers with one JSON line:
{"model": path, "images": path, "targets": path, "dims": [n, c, h, w], "threads": t}  loads float32 files
    -> {"learns": number of weights, "about": version and layout}
{"steps": k}  -> {"ms": [...], "losses": [...]}
"""

import json
import os
import sys
import time

# Threads that spin between operations take the cores from each other where there are few: PyTorch is faster without.
os.environ["OMP_WAIT_POLICY"] = "passive"

import numpy as np
import onnx
import onnx2torch
import torch


def load(model, images, targets, dims, threads):
    torch.set_num_threads(threads)
    network = onnx2torch.convert(onnx.load(model))
    # Weights of bare matrix products come as buffers; the rest comes as parameters.
    for module in network.modules():
        for name, buffer in list(module._buffers.items()):
            if name.startswith("onnx_initializer") and buffer.is_floating_point():
                del module._buffers[name]
                module.register_parameter(name, torch.nn.Parameter(buffer))
    network.eval()
    pixels = torch.from_numpy(np.fromfile(images, dtype=np.float32).reshape(dims))
    wanted = torch.from_numpy(np.fromfile(targets, dtype=np.float32).reshape(dims[0], -1))
    return network, pixels, wanted


def make_step(network, pixels, wanted, layout):
    network.to(memory_format=layout)
    pixels = pixels.contiguous(memory_format=layout)
    # As crossres has it: the distance of directions, in the spread of the teacher's.
    directions = torch.nn.functional.normalize(wanted)
    spread = (directions - directions.mean(0)).square().sum(1).mean()
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-5)

    def step():
        start = time.perf_counter()
        features = network(pixels).reshape(len(pixels), -1)
        loss = 2 * (1 - torch.nn.functional.cosine_similarity(features, wanted)).mean() / spread
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return (time.perf_counter() - start) * 1e3, loss.item()

    return step


def fastest(command):
    """A step in the layout that is faster with this network."""
    times = {}
    for layout in (torch.contiguous_format, torch.channels_last):
        step = make_step(*load(**command), layout)
        times[layout] = min(step()[0] for _ in range(3))
    layout = min(times, key=times.get)
    network, pixels, wanted = load(**command)
    return make_step(network, pixels, wanted, layout), network, layout


step = None
for line in sys.stdin:
    command = json.loads(line)
    if "model" in command:
        step, network, layout = fastest(command)
        learns = sum(parameter.numel() for parameter in network.parameters())
        answer = {"learns": learns, "about": f"PyTorch {torch.__version__}, {str(layout).removeprefix('torch.')}"}
    else:
        steps = [step() for _ in range(command["steps"])]
        answer = {"ms": [ms for ms, _ in steps], "losses": [loss for _, loss in steps]}
    print(json.dumps(answer), flush=True)
