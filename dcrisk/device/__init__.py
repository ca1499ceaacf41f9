"""Runs on a CUDA device: the functions of `kernels/`, compiled once more, and what carries their arrays there and back."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from dcrisk.specification import SpecificationError, check_known

DEVICES = ("cpu", "cuda")


def check_device(device: str, threads: int | None = None, client: Any = None, chunks: Any = None) -> bool:
    """Whether a CUDA device does the work, unless there is none or something else is asked to do it as well."""
    check_known(device, DEVICES, "device")
    if device == "cpu":
        return False
    if threads is not None:
        raise SpecificationError(f"threads = {threads}: device='cuda' has threads of its own, so leave threads out")
    if client is not None:
        raise SpecificationError(
            "client: device='cuda' is the one of this process, and a cluster's workers use their processors; give one of "
            "the two"
        )
    if chunks is not None:
        raise SpecificationError(
            f"chunks = {chunks!r}: what device='cuda' plays is not lazy; leave chunks out, or write to disk in parts "
            "with store='run.zarr'"
        )
    _find_device()
    return True


def _find_device() -> None:
    from numba import config

    if not config.ENABLE_CUDASIM and find_spec("numba_cuda") is None:
        raise ImportError("device='cuda' needs numba-cuda: pip install 'dcrisk[cuda]'")
    from numba import cuda

    if not cuda.is_available():
        raise SpecificationError(
            "device = 'cuda': no CUDA device was found; this needs an NVIDIA GPU with its driver, which `nvidia-smi` "
            "lists. Without device, the processor does the work"
        )
