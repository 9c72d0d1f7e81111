"""Protocol Buffers' wire format, as far as an ONNX graph needs it: fields of a message in, the same bytes out.

Bounds are checked before a byte is believed: a graph is data from a stranger. Written by
https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from cellfill.errors import BundleError

VARINT: Literal[0] = 0
FIXED64: Literal[1] = 1
BYTES: Literal[2] = 2
FIXED32: Literal[5] = 5
_FIXED = {FIXED64: 8, FIXED32: 4}
_VARINT_BYTES = 10

Kind = Literal[0, 1, 2, 5]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message: its number, its wire type, and its value.

    A varint's value is an int (unsigned, 64 bits); any other's is its bytes, without a length.
    """

    number: int
    kind: Kind
    value: int | bytes | memoryview

    @property
    def content(self) -> memoryview:
        """The bytes of a field that is a message, a text or raw data."""
        if isinstance(self.value, int):
            raise BundleError(f"model.onnx is malformed: field {self.number} is a number, not a message.")
        return memoryview(self.value)

    @property
    def integer(self) -> int:
        """The value of a varint as a signed 64-bit integer."""
        if not isinstance(self.value, int):
            raise BundleError(f"model.onnx is malformed: field {self.number} is not a number.")
        return self.value - (1 << 64) if self.value >> 63 else self.value


def fields(message: bytes | memoryview) -> Iterator[Field]:
    """Yield the fields of a message in their order; large values are views, not copies.

    Raises
    ------
    BundleError
        When the bytes are no message.
    """
    view = memoryview(message)
    place = 0
    while place < len(view):
        key, place = _varint(view, place)
        number, kind = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise BundleError(f"model.onnx is malformed: a field has the number {number}.")
        if kind == VARINT:
            value, place = _varint(view, place)
            yield Field(number, VARINT, value)
            continue
        if kind == BYTES:
            size, place = _varint(view, place)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise BundleError(f"model.onnx is malformed: a field has the wire type {kind}.")
        if size > len(view) - place:
            raise BundleError("model.onnx is malformed: a field is longer than the message that holds it.")
        yield Field(number, kind, view[place : place + size])  # type: ignore[arg-type]
        place += size


def integers(message: bytes | memoryview, number: int) -> list[int]:
    """Return the values of a repeated integer field, packed or not, signed."""
    found: list[int] = []
    for field in fields(message):
        if field.number != number:
            continue
        if field.kind == VARINT:
            found.append(field.integer)
            continue
        packed, place = field.content, 0
        while place < len(packed):
            value, place = _varint(packed, place)
            found.append(Field(number, VARINT, value).integer)
    return found


def join(parts: Iterable[Field]) -> bytes:
    """Return the bytes of a message with these fields."""
    pieces: list[bytes | memoryview] = []
    for field in parts:
        pieces.append(_bytes_of(field.number << 3 | field.kind))
        if isinstance(field.value, int):
            pieces.append(_bytes_of(field.value & (1 << 64) - 1))
            continue
        if field.kind == BYTES:
            pieces.append(_bytes_of(len(field.value)))
        pieces.append(field.value)
    return b"".join(pieces)


def _varint(view: memoryview, place: int) -> tuple[int, int]:
    result = 0
    for i, byte in enumerate(view[place : place + _VARINT_BYTES]):
        result |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            if result >> 64:
                break
            return result, place + i + 1
    raise BundleError("model.onnx is malformed: a number in it does not end.")


def _bytes_of(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
