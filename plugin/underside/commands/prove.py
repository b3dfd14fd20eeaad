"""``underside prove``: whether the masks join the passes into one object."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from underside.commands.parts.path import PATH
from underside.commands.parts.terminal import say, tell, tell_json
from underside.counted import counted
from underside.errors import ExitCode, SettingsError
from underside.flip import (
    ANSWERS,
    Finding,
    Outcome,
    PassFacts,
    Proof,
    Proven,
    Repaired,
    facts_of,
    manifest_of,
    may_keep_platter,
    prove_and_keep,
)
from underside.outfolder import claimed
from underside.prepare import read_table
from underside.report.contact_sheet import write_contact_sheet
from underside.watch.beside import tell_the_journal
from underside.watch.lock import held_by

__all__ = ["prove"]

# So many names tell a person where to look; --json lists all.
_NAMED = 8


@click.command()
@click.argument("out", type=PATH)
@click.option(
    "--repair",
    "mend",
    is_flag=True,
    help="Rewrite masks that disagree with all others, and cut off a platter that made the join false; never based on "
    "a false join, and never masks changed by hand.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
def prove(*, out: Path, mend: bool, as_json: bool) -> int:
    """Prove that all passes join into one object, with the photos and masks of OUT.

    OUT is an output folder of underside mask. Places every shot by structure from motion, on reduced photos and within
    the masks only, and checks that the passes are joined correctly: all shots being registered is not proof. Needs the
    extra proof (pycolmap). The numbers are written to OUT/proof.json, and with pictures to OUT/coverage.html. Exit
    code 0 if the answer is yes, 1 if it is no or unsafe.
    """
    if not out.is_dir():
        raise click.UsageError(f"{out} is not a folder")
    table = read_table(out)
    if table is not None and mend:
        raise SettingsError(
            f"{out} was made by underside prepare, which brings its masks from {table.output}",
            f"Repair them there and prepare again: underside prove {table.output} --repair",
        )
    watcher = held_by(out) or held_by(out.parent)
    if watcher and mend:
        raise SettingsError(
            f"A watch (process {watcher.pid}) still writes into {out}: the capture may grow while masks are repaired",
            "Stop the watch first; without --repair, prove only reads",
        )
    manifest_of(out)  # the capture itself, named by mistake, must not get a folder for masks
    with claimed(out):
        proven = prove_and_keep(out, mend=mend, tell=say)
        assert proven is not None  # nobody stops it but by ending this process
        write_contact_sheet(proven.manifest, out)
        tell_the_journal(proven.manifest, out.absolute())
    proof = proven.proof
    if as_json:
        told = {
            **facts_of(proof),
            "platter_cut": [_repaired_facts(each) for each in proven.cut],
            "repaired": [_repaired_facts(each) for each in proven.repaired],
        }
        tell_json(told)
    else:
        if watcher:
            tell(f"A watch (process {watcher.pid}) is at work: this answer leaves out what comes later.")
        for line in (
            *_lines(proof),
            *(_of_repair(proven) if mend else _of_what_repair_can(proof, table.output if table else out)),
        ):
            tell(line)
        tell(f"Page: {proven.page}")
    return ExitCode.DONE if proof.answer.outcome is Outcome.YES else ExitCode.NO


def _lines(proof: Proof) -> Iterator[str]:
    yield ANSWERS[proof.answer.outcome]
    for finding in proof.answer.findings:
        yield from _told(finding)
    yield ""
    if proof.registered:
        shots = counted(proof.shots, "shot")
        yield f"{proof.registered} of {shots} in one model, reprojection error {proof.error:.2f} pixels"
    else:
        yield f"None of {counted(proof.shots, 'shot')} could be placed"
    for facts in proof.passes:
        yield f"  {facts.name or 'the capture itself'}: {facts.registered} of {facts.shots}{_turned(facts)}"
    for union in proof.unions:
        disputed = f"; {union.disputed_pairs} pairs disagree" if union.disputed_pairs else ""
        yield f"  {union.first} and {union.second}: {union.points} points in {union.pairs} pairs{disputed}"
    if len(proof.unions) > 1 and proof.weakest:
        yield f"  weakest link: {proof.weakest.first} and {proof.weakest.second}"
    for each in proof.disagreements[:_NAMED]:
        yield f"  {each.photo}: the mask {each.in_words}"
    if len(proof.disagreements) > _NAMED:
        yield f"  and {len(proof.disagreements) - _NAMED} more masks that disagree with the others (--json lists all)"
    for note in proof.notes:
        yield f"  {note}"
    yield (
        f"Seen of the underside: {100 * proof.coverage.underside:.0f} %, "
        f"of the upper side: {100 * proof.coverage.topside:.0f} %"
    )


def _of_repair(proven: Proven) -> Iterator[str]:
    if not (proven.proof.joined or proven.cut or proven.repaired):
        yield "No mask was repaired: the passes are not truly joined, and a false join would spoil the masks."
        return
    yield from _areas(proven.cut)
    remedy = "; run underside mask again for their cut-outs and layouts" if proven.repaired or proven.cut else ""
    yield f"{counted(len(proven.repaired), 'mask')} repaired{remedy}."
    yield from _areas(proven.repaired)
    by_hand = sum(each.own.place.shot.by_hand for each in proven.proof.corrections if each.disagreement)
    if by_hand:
        yield f"{by_hand} of the masks that disagree {'was' if by_hand == 1 else 'were'} changed by hand, and kept."


def _of_what_repair_can(proof: Proof, out: Path | str) -> Iterator[str]:
    if may_keep_platter(proof):
        yield f"If the masks keep the platter, underside prove {out} --repair tries to cut it off."
    elif any(each.disagreement and not each.own.place.shot.by_hand for each in proof.corrections):
        yield f"underside prove {out} --repair puts right the masks that disagree."


def _areas(repaired: Sequence[Repaired]) -> Iterator[str]:
    for each in repaired:
        yield f"  {each.photo}: area {100 * each.area_before:.2f} % -> {100 * each.area_after:.2f} %"


def _repaired_facts(repaired: Repaired) -> dict[str, Any]:
    areas = {"area_before": repaired.area_before, "area_after": repaired.area_after}
    return {"disagreement": asdict(repaired.disagreement), **areas}


def _told(finding: Finding) -> Iterator[str]:
    yield f"- {finding.what}. {finding.remedy}."
    if finding.shots:
        more = f" and {len(finding.shots) - _NAMED} more (--json lists all)" if len(finding.shots) > _NAMED else ""
        yield f"  {', '.join(finding.shots[:_NAMED])}{more}"


def _turned(facts: PassFacts) -> str:
    return f", turned by {facts.turned:.0f} degrees" if facts.turned else ""
