"""What a command says when it cannot go on."""

__all__ = ["TrainingError"]


class TrainingError(Exception):
    """What happened, and what to do; keeps its words on the way from one process to another."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)

    def __str__(self) -> str:
        """One line to the reader."""
        return f"{self.args[0]}. {self.args[1]}."
