"""Keep the files of a folder beside this one, HDF5 and zip gzipped: they hold mostly space and names.

Usage: python pack.py FOLDER
"""

import gzip
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ZIPPED = (".h5ad", ".zip", ".loom", ".h5")
AS_THEY_ARE = ("dropletutils", "r_")

for source in sorted(Path(sys.argv[1]).iterdir()):
    if source.name.endswith(ZIPPED):
        packed = gzip.compress(source.read_bytes(), compresslevel=9, mtime=0)
        (HERE / f"{source.name}.gz").write_bytes(packed)
        print(f"{source.name}: {len(packed):,} bytes")
    elif source.name.startswith(AS_THEY_ARE):
        if source.is_dir():
            shutil.copytree(source, HERE / source.name, dirs_exist_ok=True)
        else:
            shutil.copy(source, HERE / source.name)
