"""Memory that a training needs no more goes back, and what it never needs is not loaded."""

import subprocess
import sys

import pytest


def said_by(code):
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


def test_tensorflow_comes_without_keras_which_can_be_had_all_the_same():
    code = (
        "import sys\n"
        "from cellfill_training.architectures.subnetworks.network import tf\n"
        "print('keras' in sys.modules)\n"
        "print(tf.keras.layers.Dense.__name__, 'keras' in sys.modules)\n"
    )
    assert said_by(code) == ["False", "Dense", "True"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are left alone")
def test_what_lies_between_pieces_in_use_goes_back_to_the_system():
    code = (
        "from cellfill_training.memory import give_back, one_heap\n"
        "def resident():\n"
        "    return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
        "one_heap()\n"
        "large, small = zip(*((b'x' * 100_000, bytearray(600)) for _ in range(500)))\n"
        "del large\n"
        "before = resident()\n"
        "give_back()\n"
        "print(before - resident())\n"
    )
    assert int(said_by(code)[0]) > 40_000_000
