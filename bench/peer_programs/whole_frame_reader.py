"""rapidocr on whole frames with its own models and its own limits, one thread. A JPEG in, what it read out."""

import json

import cv2
import numpy as np
from rapidocr import RapidOCR

from bench.peer_programs import pipe

THREADS = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.log_level": "warning",
}


def main() -> None:
    """Serves until the pipe is closed."""
    cv2.setNumThreads(1)
    reader = RapidOCR(params=THREADS)

    def read(jpeg: bytes) -> bytes:
        found = reader(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))
        return json.dumps(list(found.txts or ())).encode()

    pipe.serve(read)


if __name__ == "__main__":
    main()
