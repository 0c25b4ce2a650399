"""How the worker of summaries computes: with one thread, and with memory that goes back when an array is done with."""

from __future__ import annotations

import asyncio
import ctypes
import platform
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits

M_MMAP_THRESHOLD, LARGE_BYTES = -3, 1 << 20


def compute_in_turn() -> None:
    """Let the running loop compute one thing after the other, of this process, on one core.

    Measures that run side by side take the memory of all of them at once. Large arrays have memory of their own: by
    itself glibc takes those of up to 32 MiB from its heap as soon as one of that size was freed, and keeps the heap.
    """
    threadpool_limits(1, user_api="blas")
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1, "measures"))
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
