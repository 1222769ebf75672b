"""Golden data of other implementations, kept beside the project and not in it."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "vectors"

needs_vectors = pytest.mark.skipif(not FOLDER.is_dir(), reason="the outside vectors are not beside this checkout")
MERKLE = FOLDER / "transparency-dev-merkle" / "testdata"
TESSERA = FOLDER / "transparency-dev-tessera" / "testdata" / "log"
SUNLIGHT = FOLDER / "sunlight" / "cmd" / "skylight" / "testdata"
