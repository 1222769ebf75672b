"""The peer's end of the pipe. Standard library only: it runs in the peers' environment."""

import os
import struct
import sys
from collections.abc import Callable

LENGTH = struct.Struct(">I")


def serve(answer: Callable[[bytes], bytes]) -> None:
    """Answers requests until the other end is closed. What a library prints goes to standard error."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while head := requests.read(LENGTH.size):
        (size_bytes,) = LENGTH.unpack(head)
        content = answer(requests.read(size_bytes))
        answers.write(LENGTH.pack(len(content)) + content)
        answers.flush()
