"""The published log over HTTP, as C2SP tlog-tiles has it: for mirrors and everybody who checks. Nothing in it is personal.

    /checkpoint  /checkpoint.SIZE  /tile/L/N[.p/W]  /tile/entries/N[.p/W]

A partial tile is given out for any width that is under a published head.
"""

import re
from http import HTTPStatus

from services.audit import checkpoint, tile
from services.audit.errors import SizeNotSigned
from services.audit.store import Store
from services.audit.tile import ENTRIES, TileInvalid
from services.audit.tree import CHECKPOINT
from services.common import web
from services.common.web import Request, Response

OCTETS = "application/octet-stream"
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
FOR_SECONDS = {"Cache-Control": "public, max-age=1"}
_OLDER = re.compile(rf"{CHECKPOINT}\.(0|[1-9][0-9]{{0,17}})")


class PublicSite:
    """Answers requests."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def answer(self, request: Request) -> Response:
        """GET and HEAD. Raises StoreUnavailable."""
        if request.method not in ("GET", "HEAD"):
            return Response(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        path = request.path.removeprefix("/")
        try:
            if path == CHECKPOINT:
                head = await self._store.published_head(None)
                return Response(HTTPStatus.OK, head.encode(), web.TEXT, FOR_SECONDS)
            if older := _OLDER.fullmatch(path):
                head = await self._store.published_head(int(older[1]))
                return Response(HTTPStatus.OK, head.encode(), web.TEXT, FOR_SECONDS)
            data = await self._file(*tile.parse_path(path))
        except (SizeNotSigned, TileInvalid):
            return Response(HTTPStatus.NOT_FOUND, b"not found\n")
        return Response(HTTPStatus.OK, data, OCTETS, FOR_EVER)

    async def _file(self, level: int | str, number: int, width: int) -> bytes:
        """A tile or bundle. Raises TileInvalid when no published head has it."""
        below = 0 if level == ENTRIES else int(level)
        size = checkpoint.unverified(await self._store.published_head(None)).size
        if tile.width(below, number, size) < width:
            raise TileInvalid("no published head has this tile")
        if level == ENTRIES:
            first = number * tile.WIDTH
            leaves = await self._store.leaves(first, first + width)
            return tile.encode_bundle(leaves)
        found = (await self._store.tiles([(below, number)])).get((below, number), b"")
        return found[: width * 32]
