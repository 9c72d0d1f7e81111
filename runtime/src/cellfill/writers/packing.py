"""Chunks as the filters of HDF5 store them: bytes shuffled, then deflated.

Both filters are part of HDF5, so whatever reads HDF5 reads them. Packing by oneself takes half the
processor time of the library's: floating point is looked through for runs only. And several threads do it.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The options of h5py for what is packed here.
FILTERS: Mapping[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}

# The share of its bytes below which a chunk is worth packing. Values of a model keep more, at three times the time
# of writing all; their columns, bounds, and rounded values do not: benchmarks/size/result.md.
_PAYS = 0.6
_MOST_THREADS = 8
_SAMPLE_BYTES = 1 << 20


def packs(chunk: NDArray[Any]) -> bool:
    """Return whether packing pays, to judge by a chunk."""
    return len(packed(chunk)) < _PAYS * chunk.nbytes if chunk.nbytes else False


def packed(chunk: NDArray[Any]) -> bytes:
    """Return a chunk as the two filters store it."""
    size = chunk.dtype.itemsize
    shuffled = np.ascontiguousarray(chunk).view(np.uint8).reshape(-1, size).T.tobytes()
    # Significant digits look like noise, among which matches are sought for nothing; columns repeat.
    strategy = zlib.Z_RLE if chunk.dtype.kind == "f" else zlib.Z_DEFAULT_STRATEGY
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return packer.compress(shuffled) + packer.flush()


def stored_bytes(values: NDArray[Any]) -> int:
    """Return about how many bytes values take in a file, to judge by a chunk of them."""
    some = values[: max(1, _SAMPLE_BYTES * len(values) // max(1, values.nbytes))]
    if not some.nbytes:
        return 0
    share = len(packed(some)) / some.nbytes
    return int(values.nbytes * (share if share < _PAYS else 1))


def packed_in_threads(chunks: Sequence[NDArray[Any]]) -> Iterator[bytes]:
    """Yield chunks as they are stored, in order."""
    affinity = getattr(os, "sched_getaffinity", None)
    workers = min(len(chunks), len(affinity(0)) if affinity else os.cpu_count() or 1, _MOST_THREADS)
    if workers < 2:
        yield from map(packed, chunks)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(packed, chunks)
