"""Models that are damaged, and places where no result can go: changes to a folder before a command is run in it."""

import json
import os
import shutil
import sys

import pytest


def resealed(name, content):
    """Another file in a bundle, under the hash of that file."""

    def damage(folder):
        from hashlib import sha256

        (folder / name).write_bytes(content)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["files"][name] = {"size": len(content), "sha256": sha256(content).hexdigest()}
        (folder / "manifest.json").write_text(json.dumps(manifest))

    return damage


def manifest(**values):
    def damage(folder):
        path = folder / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return damage


def no_space(_folder, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))


def full_disk(_folder, monkeypatch):
    """The disk is full as soon as the result grows."""
    from cellfill.writers import mtx_sink, stored, table_sink

    def fail(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stored.GrowingArray, "_write", fail)
    monkeypatch.setattr(mtx_sink, "coordinate_lines", fail)
    monkeypatch.setattr(table_sink, "table_lines", fail)


def full_at_the_end(_folder, monkeypatch):
    def fail(_number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)


def may_not_be_written(_folder, monkeypatch):
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **more: mode != os.W_OK and access(path, mode, **more))


def holds(name, text="precious"):
    def before(folder, _monkeypatch):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return before


def pipe_there(folder, _monkeypatch):
    os.mkfifo(folder / "out.h5ad")


def loop_there(folder, _monkeypatch):
    (folder / "out.h5ad").symlink_to(folder / "out.h5ad")


def without(module):
    def before(_folder, monkeypatch):
        monkeypatch.setitem(sys.modules, module, None)

    return before


def no_scheduler(_folder, monkeypatch):
    """Closed ports are waited for ten seconds; a test need not."""
    distributed = pytest.importorskip("distributed")

    def fail(address, **_options):
        raise OSError(f"Timed out trying to connect to {address}")

    monkeypatch.setattr(distributed, "Client", fail)
