"""Prepare: all passes of a capture side by side in one folder, with photos and masks as one program wants them."""

from underside.prepare.files import PrepareOptions
from underside.prepare.folder import read_table
from underside.prepare.make import Prepared, prepare
from underside.prepare.outdated import outdated
from underside.prepare.programs import PROGRAMS
from underside.prepare.regions import parse_region

__all__ = ["PROGRAMS", "PrepareOptions", "Prepared", "outdated", "parse_region", "prepare", "read_table"]
