"""A copy of a picture with its plates drawn in."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from services.common.raster import Pixels
from services.recognition.reading import PlateReading

LINE, PAPER, INK = (255, 64, 0), (255, 64, 0), (255, 255, 255)


def annotated(pixels: Pixels, plates: Iterable[PlateReading]) -> Image.Image:
    """The BGR picture with an outline and a label for each plate."""
    image = Image.fromarray(pixels[:, :, ::-1])
    draw = ImageDraw.Draw(image)
    unit = max(image.size) / 640
    size_px = max(10.0, 9 * unit)
    font = ImageFont.load_default(size_px)
    for plate in plates:
        label = " ".join(filter(None, (plate.text, plate.country, f"{plate.confidence:.0%}")))
        draw.polygon(plate.corners, outline=LINE, width=max(1, round(unit)))
        anchor = (plate.box.x, max(plate.box.y - 2 * unit, size_px))
        left, top, right, bottom = draw.textbbox(anchor, label, font, "lb")
        draw.rectangle((left - unit, top - unit, right + unit, bottom + unit), PAPER)
        draw.text(anchor, label, INK, font, "lb")
    return image


def save(picture: Path, folder: Path, pixels: Pixels, plates: Iterable[PlateReading]) -> Path:
    """Writes the annotated copy of `picture` into `folder` under a name that is not taken yet. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    number, target = 1, folder / f"{picture.stem}.plates.jpg"
    while target.exists():
        number += 1
        target = folder / f"{picture.stem}.plates-{number}.jpg"
    annotated(pixels, plates).save(target, "JPEG", quality=92)
    return target
