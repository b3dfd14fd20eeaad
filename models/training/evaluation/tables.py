"""Figures as a table for the terminal, which is Markdown too."""

from collections.abc import Iterator
from typing import Any

from training.evaluation.figures import GROUPS

__all__ = ["speed_lines", "table_lines"]


def table_lines(name: str, models: dict[str, dict[str, Any]], against: dict[str, Any] | None) -> Iterator[str]:
    """Everything that was found on a set; a column or two for each network."""
    yield f"## {name}"
    yield ""
    yield f"| | photos |{''.join(f' {model}: IoU | worst | boundary | platter kept |' for model in models)}"
    yield f"|---|---|{'---|---|---|---|' * len(models)}"
    first = next(iter(models.values()))
    if "iou" in first:
        yield _line("all with an object", [*models.values()])
        for trait in GROUPS:
            for word in first["by"][trait]:
                yield _line(f"{trait}: {word}", [found["by"][trait][word] for found in models.values()])
    yield ""
    for model, found in models.items():
        yield from _sentences(model, found)
    if against:
        for measure, told in against.items():
            low, high = told["interval"]
            yield f"- first minus second, {measure}: {told['difference']:+.4f} ({low:+.4f} to {high:+.4f})"
    yield ""


def speed_lines(milliseconds: dict[str, float]) -> Iterator[str]:
    """What a look costs."""
    yield "| one look, one thread | ms of processor time |"
    yield "|---|---|"
    for name, value in milliseconds.items():
        yield f"| {name} | {value:.0f} |"


def _line(name: str, found: list[dict[str, Any]]) -> str:
    cells = [f"| {name} | {found[0].get('with_object', found[0]['photos'])} |"]
    for each in found:
        platter = "" if each["platter"] is None else f"{each['platter']:.3f}"
        cells.append(f" {each['iou']:.3f} | {each['worst']:.3f} | {each['boundary']:.3f} | {platter} |")
    return "".join(cells)


def _sentences(model: str, found: dict[str, Any]) -> Iterator[str]:
    if "interval" in found:
        low, high = found["interval"]
        yield f"- {model}: mean IoU lies between {low:.3f} and {high:.3f} (95 %, by the photos drawn)"
    if "empty" in found:
        empty = found["empty"]
        yield (
            f"- {model}, {empty['photos']} photos without an object: nothing kept in {empty['nothing_kept']:.0%},"
            f" {empty['kept']:.1%} of the frame on average"
        )
    told = found["calibration"]
    yield (
        f"- {model}: calibration error {told['error']:.4f} over all pixels,"
        f" {told['error_where_doubtful']:.4f} where it says .05 to .95"
    )
    yield "  said → true: " + ", ".join(f"{row['said']:.2f} → {row['true']:.2f}" for row in told["table"])
