"""Colours as people write them."""

import re

__all__ = ["Rgb", "parse_colour"]

Rgb = tuple[int, int, int]


def parse_colour(text: str) -> Rgb | None:
    """Understand #rrggbb, or three numbers from 0 to 255 with commas; none where it is neither."""
    word = text.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{6}", word):
        red, green, blue = bytes.fromhex(word[1:])
        return red, green, blue
    numbers = [int(part) for part in word.split(",")] if re.fullmatch(r"\d+(\s*,\s*\d+){2}", word) else []
    if numbers and max(numbers) <= 255:
        return numbers[0], numbers[1], numbers[2]
    return None
