"""Carry a task over blocks of cells: in memory, file to file, on Dask, lazily, resumed. They know no task."""
