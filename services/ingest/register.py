"""The register of cameras. A zone sees and changes its own; a caller without a zone works for the whole region."""

from collections.abc import Sequence

from services.ingest.camera import Camera
from services.ingest.errors import ZoneForeign
from services.ingest.store import Store


class Register:
    """Cameras by id."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def register(self, camera: Camera, zone: str) -> Camera:
        """Adds a camera, or replaces the description of one; it never changes its zone. Raises ZoneForeign."""
        if zone and zone != camera.zone:
            raise ZoneForeign("the camera belongs to another zone")
        await self._store.register(camera)
        return camera

    async def camera(self, camera_id: str, zone: str) -> Camera:
        """One camera. Raises CameraUnknown, also for one of another zone."""
        return await self._store.camera(camera_id, zone)

    async def page(self, zone: str, after: str, limit: int) -> Sequence[Camera]:
        """Up to `limit` cameras after an id, and one more when there is another page."""
        return await self._store.cameras(zone, after, limit + 1)
