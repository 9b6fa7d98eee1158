"""cuBLAS through PyTorch, for the kernel bench: one JSON request a line on stdin, one JSON answer a line.

{"dtype": "f32" | "f16" | "i8", "rows": M, "cols": N, "k": K, "times": R}
-> {"ms": milliseconds of R back-to-back products by CUDA events, "error": largest |error| / sum |a||b|}
   or {"reason": why it does not run}
The first line is an answer to nothing: {"torch": version, "device": name} or {"reason": ...}.
"""
import json
import sys


def say(answer):
    print(json.dumps(answer), flush=True)


try:
    import torch

    if not torch.cuda.is_available():
        raise RuntimeError("torch has no CUDA device")
    # float32 means float32: no TF32 in the tensor cores.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
except Exception as error:
    say({"reason": f"{type(error).__name__}: {error}"})
    sys.exit(0)

CHECKED_ROWS = 64
operands = {}


def make(dtype, rows, cols, k):
    """A is rows x K; B is cols x K, K contiguous, as in the bench: C = A . B^T."""
    generator = torch.Generator(device="cuda").manual_seed(42)
    if dtype == "i8":
        shapes = ((rows, k), (cols, k))
        return [torch.randint(-128, 128, s, generator=generator, device="cuda", dtype=torch.int8) for s in shapes]
    kind = torch.float32 if dtype == "f32" else torch.float16
    return [(torch.rand(s, generator=generator, device="cuda") * 2 - 1).to(kind) for s in ((rows, k), (cols, k))]


def product(dtype, a, b):
    return torch._int_mm(a, b.t()) if dtype == "i8" else torch.matmul(a, b.t())


def error_of(dtype, a, b):
    """The largest error over the first rows, relative to sum |a||b|."""
    c = product(dtype, a, b)[:CHECKED_ROWS].double()
    a, b = a[:CHECKED_ROWS].double(), b.double()
    size = (a.abs() @ b.abs().t()).clamp(min=1e-300)
    return float(((c - a @ b.t()).abs() / size).max())


def measure(request):
    dtype, rows, cols, k = (request[name] for name in ("dtype", "rows", "cols", "k"))
    shape = (dtype, rows, cols, k)
    error = None
    if shape not in operands:
        operands.clear()
        operands[shape] = make(*shape)
        error = error_of(dtype, *operands[shape])
    a, b = operands[shape]
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    product(dtype, a, b)
    torch.cuda.synchronize()
    start.record()
    for _ in range(request["times"]):
        product(dtype, a, b)
    end.record()
    end.synchronize()
    return {"ms": start.elapsed_time(end), "error": error}


say({"torch": torch.__version__, "device": torch.cuda.get_device_name()})
for line in sys.stdin:
    try:
        say(measure(json.loads(line)))
    except Exception as error:
        say({"reason": f"{type(error).__name__}: {error}"})
