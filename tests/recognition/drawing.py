"""Street frames with invented plates, drawn with the one font that comes with Pillow."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
WHITE, RUBY, BLACK, YELLOW, BLUE = (245, 245, 240), (134, 26, 34), (20, 20, 20), (245, 190, 20), (0, 51, 153)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plate of one or two lines, its left upper corner, its height in pixels, and how it stands."""

    lines: tuple[str, ...]
    left: int
    top: int
    height: int = 56
    text: Colour = RUBY
    ground: Colour = WHITE
    degrees: float = 0.0

    @property
    def width(self) -> int:
        """Of a plate of 520 x 110 mm, or 340 x 210 mm for two lines."""
        return round(self.height * (520 / 110 if len(self.lines) == 1 else 340 / 210))


def frame(*plates: Drawn, size: tuple[int, int] = (1280, 720), blur_px: float = 0.6) -> Image.Image:
    """A road with a car-like block behind each plate."""
    shade = np.linspace(150, 70, size[1])[:, None, None] + np.zeros((size[1], size[0], 3))
    picture = Image.fromarray(shade.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for plate in plates:
        body = (plate.left - 150, plate.top - 180, plate.left + plate.width + 150, plate.top + plate.height + 60)
        draw.rounded_rectangle(body, 40, fill=(58, 66, 74))
    for plate in plates:
        drawn = _plate(plate).rotate(plate.degrees, Image.Resampling.BICUBIC, expand=True)
        picture.paste(drawn, (plate.left, plate.top), drawn)
    return picture.filter(ImageFilter.GaussianBlur(blur_px))


def encoded(picture: Image.Image, kind: str = "JPEG", **options: int | bool | str) -> bytes:
    """The picture in a file format of Pillow's."""
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def bgr(picture: Image.Image) -> NDArray[np.uint8]:
    """The picture as engines want it."""
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])


def _plate(plate: Drawn) -> Image.Image:
    scale = 4
    width, height = plate.width * scale, plate.height * scale
    image = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), height // 12, plate.ground, plate.text, max(2, height // 24))
    band = height * 45 // 110 if len(plate.lines) == 1 else height * 45 // 210
    draw.rectangle((height // 20, height // 20, band, height - height // 20), BLUE)
    line_height = (height - height // 8) // len(plate.lines)
    for number, line in enumerate(plate.lines):
        font = ImageFont.load_default(line_height * 0.95)
        middle = ((band + width) / 2, height / 16 + line_height * (number + 0.5))
        draw.text(middle, line, plate.text, font, "mm", stroke_width=max(1, line_height // 40))
    return image.resize((plate.width, plate.height), Image.Resampling.LANCZOS)
