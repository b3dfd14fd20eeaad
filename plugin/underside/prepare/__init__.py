"""Prepare: all passes of a capture side by side in one folder, with photos and masks as one program wants them."""

from underside.prepare.files import PrepareOptions
from underside.prepare.folder import prepared_from
from underside.prepare.make import Prepared, prepare
from underside.prepare.programs import PROGRAMS
from underside.prepare.regions import parse_region

__all__ = ["PROGRAMS", "PrepareOptions", "Prepared", "parse_region", "prepare", "prepared_from"]
