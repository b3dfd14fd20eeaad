"""What a command says when it cannot go on."""

__all__ = ["TrainingError"]


class TrainingError(Exception):
    """What happened, and what to do: one line to the reader."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}.")
