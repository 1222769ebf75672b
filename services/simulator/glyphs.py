"""The characters of a rendered plate: the Belgian face, whatever the country."""

from functools import lru_cache

from services.common.strokes import BELGIAN_PATHS, BELGIAN_WIDTHS, Mask, centre_lines, draw_lines

PATHS = BELGIAN_PATHS


def glyph_width(character: str) -> float:
    """Width of the box of a character as a share of the ordinary one."""
    return BELGIAN_WIDTHS.get(character, 1.0)


@lru_cache(maxsize=512)
def glyph(character: str, width_px: int, height_px: int, stroke_px: float) -> Mask:
    """A character that fills its box (height, width; 255 is ink). KeyError for one that is not drawn. Do not write to it."""
    return draw_lines(centre_lines(PATHS[character]), width_px, height_px, stroke_px)
