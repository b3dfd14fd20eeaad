"""Why a request gets no picture: the status and the words of the answer."""

from typing import Any

__all__ = ["Refusal"]


class Refusal(Exception):  # noqa: N818 - an answer like any other
    """Ends a request; ``detail`` is a sentence, or the list that validation gives."""

    def __init__(self, status: int, detail: str | list[dict[str, Any]], **headers: str) -> None:
        """Headers are named as arguments are: ``retry_after``."""
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    @property
    def in_short(self) -> str:
        """For the log: one line."""
        if isinstance(self.detail, str):
            return self.detail
        return "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in self.detail)
