"""The markers of a JPEG, by the names that the standard gives them."""

__all__ = ["APP0", "APP1", "APP2", "APP13", "APP14", "APP15", "COM", "DHT", "DQT", "EOI"]
__all__ += ["RST0", "RST7", "SOI", "SOS", "TEM", "is_frame"]

SOI, EOI, SOS, DQT, DHT, DAC, COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xCC, 0xFE
APP0, APP1, APP2, APP13, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF
TEM, RST0, RST7, JPG = 0x01, 0xD0, 0xD7, 0xC8


def is_frame(marker: int) -> bool:
    """Whether a segment is a frame header of any kind."""
    return 0xC0 <= marker <= 0xCF and marker not in (DHT, JPG, DAC)
