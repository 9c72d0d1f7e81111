"""Two processes pull one model at once, and one is killed at any moment: the cache is never wrong.

``CELLFILL_KILL_POINTS=100 pytest tests/hub/test_kill.py`` tries a hundred moments.
"""

import os
import random
import shutil
import subprocess
import time

from hub.conftest import REPO
from hub.loopback import Fault
from hub.sound import assert_sound

POINTS = int(os.environ.get("CELLFILL_KILL_POINTS", "4"))


def test_the_cache_is_right_whenever_one_of_two_is_killed(hub, desk, small):
    commit = hub.put(REPO, small)
    hub.faults = [Fault("slow", "/resolve/|/cdn/", seconds=0.01)]
    draw, killed_midway = random.Random(5), 0
    for point in range(POINTS):
        hub.requests.clear()
        pulls = [
            subprocess.Popen(
                desk.command("pull", "human-pbmc"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=desk.environment(),
            )
            for _ in range(2)
        ]
        deadline = time.monotonic() + 60
        while len(hub.requests) < 2 and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 1.2) * (point + 1) / POINTS)
        pulls[0].kill()
        _, said = pulls[1].communicate(timeout=120)
        pulls[0].communicate(timeout=120)
        killed_midway += pulls[0].returncode == -9
        assert pulls[1].returncode == 0, said
        assert assert_sound(desk.cache) == [commit]
        shutil.rmtree(desk.home)
    print(f"{killed_midway} of {POINTS} were killed midway")
    assert killed_midway > POINTS // 4


def test_a_pull_that_was_killed_alone_is_gone_on_with(hub, desk, small):
    commit = hub.put(REPO, small)
    hub.faults = [Fault("slow", "/cdn/", seconds=0.05, times=1)]
    pull = subprocess.Popen(desk.command("pull", "human-pbmc"), stderr=subprocess.DEVNULL, env=desk.environment())
    deadline = time.monotonic() + 60
    while not hub.asked("GET /cdn/") and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.1)
    pull.kill()
    pull.wait()
    assert assert_sound(desk.cache) == []
    assert desk.run("pull", "human-pbmc", "--offline").returncode == 7
    assert desk.run("pull", "human-pbmc").returncode == 0
    assert assert_sound(desk.cache) == [commit]
