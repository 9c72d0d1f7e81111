"""The wire format: what onnx wrote is read and written again to the byte, and what is malformed is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellfill.bundle.wire import BYTES, FIXED32, FIXED64, VARINT, Field, fields, integers, join
from cellfill.errors import BundleError
from conftest import MODEL


def plain(message):
    return [(f.number, f.kind, f.value if isinstance(f.value, int) else bytes(f.value)) for f in fields(message)]


_NUMBER = st.integers(1, (1 << 29) - 1)
_FIELD = st.one_of(
    st.builds(Field, _NUMBER, st.just(VARINT), st.integers(0, (1 << 64) - 1)),
    st.builds(Field, _NUMBER, st.just(BYTES), st.binary(max_size=300)),
    st.builds(Field, _NUMBER, st.just(FIXED32), st.binary(min_size=4, max_size=4)),
    st.builds(Field, _NUMBER, st.just(FIXED64), st.binary(min_size=8, max_size=8)),
)


@given(st.lists(_FIELD))
def test_what_is_written_is_read_again(message):
    assert plain(join(message)) == [(f.number, f.kind, f.value) for f in message]


def test_a_real_graph_is_written_again_to_the_byte():
    graph = (MODEL / "model.onnx").read_bytes()
    assert join(fields(graph)) == graph


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=20))
def test_integers_are_signed_and_may_be_packed(values):
    single = [Field(1, VARINT, v % (1 << 64)) for v in values]
    packed = Field(1, BYTES, b"".join(join([f])[1:] for f in single))
    assert integers(join(single), 1) == integers(join([packed]), 1) == values
    assert integers(join(single), 2) == []


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_refused(data):
    try:
        message = list(fields(data))
    except BundleError:
        return
    assert sum(len(join([f])) for f in message) <= len(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x08", "does not end"),
        (b"\x08" + b"\xff" * 11, "does not end"),
        (b"\x08" + b"\xff" * 9 + b"\x7f", "does not end"),  # 70 bits
        (b"\x0a\x05abcd", "longer than the message"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "longer than the message"),
        (b"\x0d\x00\x00\x00", "longer than the message"),
        (b"\x0b", "wire type 3"),
        (b"\x00\x00", "has the number 0"),
    ],
)
def test_what_is_no_message_is_refused(data, message):
    with pytest.raises(BundleError, match=message):
        list(fields(data))


def test_a_field_of_another_kind_is_refused():
    with pytest.raises(BundleError, match="is a number"):
        _ = Field(1, VARINT, 3).content
    with pytest.raises(BundleError, match="is not a number"):
        _ = Field(1, BYTES, b"x").integer
