"""rapidfuzz over a list of plates. The first request is the list, one plate a line; each later one some reads, likewise.
The answer says how many of them are within one edit of an entry. One core."""

import json

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from bench.peer_programs import pipe


def main() -> None:
    """Serves until the pipe is closed."""
    listed: list[str] = []

    def match(request: bytes) -> bytes:
        plates = request.decode().splitlines()
        if not listed:
            listed.extend(plates)
            return b"{}"
        hits = sum(
            bool(process.extract(plate, listed, scorer=Levenshtein.distance, score_cutoff=1, limit=5))
            for plate in plates
        )
        return json.dumps({"hits": hits}).encode()

    pipe.serve(match)


if __name__ == "__main__":
    main()
