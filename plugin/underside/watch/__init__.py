"""The watched folder: photos that come in are masked, in order, without a person."""
