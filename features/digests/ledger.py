"""Bringing the stored events up to the files as they are now, and reading nothing twice."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import duckdb

from features import erased
from features.checks.rules import Surroundings
from features.clock import utc_now
from features.digests import accounting, shelf
from features.digests.batches import Batch, close_batch, in_batches, open_batch, widened
from features.digests.compaction import begun, compacted, settled
from features.digests.digesting import Meaning, days, digest, rules_of
from features.digests.fingerprint import fingerprint, meaning_of, named
from features.digests.forgetting import leave_out
from features.digests.inventory import SourceFile, inventory
from features.digests.reading import Digests, as_stored, show
from features.digests.rollups import LASTS
from features.digests.segment import PARTS, Found, Segment
from features.digests.shelf import Shelf
from features.digests.verdicts import verdicts
from features.engines.compiled import Compiled
from features.engines.stored import Embedded, Lookup, Stored
from features.errors import KenshinError
from features.settings import Settings, Source
from features.sources.origin import Origin
from features.sources.sifting import Sifted
from features.sources.typed import Typed, typed


@dataclass
class Ledger:
    """The stored events of one company while its tables are being read.

    Attributes
    ----------
    typed : Typed
        The columns of the events over all files; ``typed.events`` itself has no rows.
    fresh : dict of str to dict
        Path of each file that was never digested → its days, see `Found.days`.
    """

    con: duckdb.DuckDBPyConnection
    settings: Settings
    source: Source
    meaning: Meaning
    files: list[SourceFile]
    shelf: Shelf
    held: ExitStack
    columns: dict[str, str] = field(default_factory=dict)
    fresh: dict[SourceFile, dict[str, str]] = field(default_factory=dict)
    typed: Typed = field(init=False)
    digests: Digests | None = None
    _at_hand: tuple[Batch, Origin] | None = None

    def last(self, now: datetime) -> datetime | None:
        """Return the last time of any row before ``now`` and a day."""
        until = now + timedelta(days=1)
        times = (datetime.fromisoformat(last) for said in self._days() for last in said.values())
        return max((time for time in times if time < until), default=None)

    def straddles(self, now: datetime) -> bool:
        """Return whether some day may have rows on both sides of ``now`` and a day."""
        until = (now + timedelta(days=1)).isoformat()
        return any(said.get(until[:10], "") >= until for said in self._days())

    def _days(self) -> list[dict[str, str]]:
        return [*self.fresh.values(), *(found.days for _, found in self.stored().values())]

    def sift(self, around: Surroundings) -> Sifted:
        """Digest what is new, forget what is gone, and return what is wrong with all rows.

        Creates ``main.events``; afterwards ``digests`` is there, and ``typed`` has the sound rows
        as they are stored.
        """
        noted = erased.read(self.settings)
        try:
            signature = self._signature(around)
            stale = self._stale(around, signature)
            changed = self._settle(around, signature, stale)
            if changed:
                self.shelf = compacted(self.con, self.shelf)
                self._publish(noted)
        except (duckdb.Error, OSError):
            # An erasure takes the stored events away under whoever is writing them.
            erased.require_unchanged(self.settings, noted)
            raise
        finally:
            self.close()
        self.under_names(None)
        stored = self.stored()
        placed = [stored[file] for file in self.files]
        show(self.con, self.shelf, self.typed.names)
        self.digests = self._digests(placed)
        rules = rules_of(self.typed, around)
        sifted = accounting.sifted(self.con, self.settings, self.typed, rules, placed)
        found = [one for _, one in placed]
        self.typed = as_stored(self.con, self.shelf, self.typed, found)
        return sifted

    def _publish(self, noted: erased.Erased) -> None:
        """Make the new segments count, unless they may hold somebody who was erased meanwhile."""
        with erased.changing(self.settings):
            try:
                erased.require_unchanged(self.settings, noted)
            except KenshinError:
                self.shelf.clear()
                raise
            self.shelf.save()
        self.shelf.sweep()

    def close(self) -> None:
        """Let others change the stored events, and leave ``typed.events`` without rows."""
        if self._at_hand is not None:
            close_batch(self.con)
            self._at_hand = None
        self.held.close()

    def _digests(self, placed: Sequence[tuple[Segment, Found]]) -> Digests:
        known: dict[int, int] = {}
        for _, found in placed:
            for day, (count, summed) in found.known.items():
                known[int(day)] = known.get(int(day), 0) + count + summed
        backend = Embedded.over(self.con)
        parts = {part: Stored.of(backend, part, "digests") for part in (*PARTS, *LASTS)}
        return Digests(Lookup(parts), self.meaning, tuple(sorted(self.shelf.names())), known)

    def stored(self) -> dict[SourceFile, tuple[Segment, Found]]:
        """Return what is stored of the files, those that are gone or changed left out."""
        wanted = set(self.files)
        return {
            found.file: (segment, found)
            for segment in self.shelf.segments
            for found in segment.found
            if found.file in wanted and found.number not in self.shelf.gone.get(segment.name, ())
        }

    def _stale(self, around: Surroundings, signature: str) -> set[SourceFile]:
        """Return the stored files whose rows would be judged otherwise today."""
        current = [s for s in self.shelf.segments if s.signature == signature]
        judged = verdicts(self.con, around, current)
        return {
            file
            for file, (segment, found) in self.stored().items()
            if segment.signature != signature
            or judged.get((segment.name, found.number), "") != found.verdict
        }

    def _settle(self, around: Surroundings, signature: str, stale: set[SourceFile]) -> bool:
        """Digest new and stale files and mark what no longer counts; return whether anything."""
        old = self.stored()
        todo = [file for file in self.files if file not in old or file in stale]
        known_days = self.fresh | {file: found.days for file, (_, found) in old.items()}
        made = [self._digest(around, signature, part, known_days) for part in in_batches(todo)]
        before = self.shelf
        kept = {
            (segment.name, found.number)
            for file, (segment, found) in old.items()
            if file not in stale
        }
        self.shelf = _without(self.shelf, kept, made)
        return bool(made) or self.shelf != before

    def _digest(
        self,
        around: Surroundings,
        signature: str,
        batch: Batch,
        known_days: Mapping[SourceFile, dict[str, str]],
    ) -> Segment:
        table = self.under_names(self.opened(batch))
        leave_out(self.con, erased.read(self.settings))
        folder = begun(self.shelf.folder)
        compiled = Compiled(self.settings.workspace)
        segment = digest(self.con, table, around, self.meaning, batch, folder, compiled)
        dated = tuple(replace(one, days=known_days.get(one.file, {})) for one in segment.found)
        segment = replace(segment, found=dated, signature=signature)
        judged = verdicts(self.con, around, [segment])
        found = tuple(
            replace(one, verdict=judged.get((segment.name, one.number), "")) for one in dated
        )
        return settled(replace(segment, found=found))

    def opened(self, batch: Batch) -> Origin:
        """Return the rows of a batch, read again only where another was read meanwhile."""
        if self._at_hand is None or self._at_hand[0] != batch:
            origin = open_batch(self.con, self.settings, self.source, batch)
            self._at_hand = (batch, origin)
        return self._at_hand[1]

    def under_names(self, origin: Origin | None) -> Typed:
        """Return the events of a batch, or of no rows, under the columns of all files."""
        wide = widened(self.con, origin, self.columns)
        table, faults = typed(self.con, self.settings, "events", self.source, wide)
        if table is None:
            raise KenshinError("usable events", faults[0].sentence, faults[0].fix)
        return table

    def _signature(self, around: Surroundings) -> str:
        columns = [(m.canonical, m.source, m.value, m.unreadable) for m in self.typed.columns]
        # The end of observation is part of the verdicts, and only of the files it concerns.
        rules = [
            (rule.code, rule.column, rule.action, rule.condition)
            for rule in rules_of(self.typed, around)
            if rule.code != "K202"
        ]
        return named([columns, rules])


def open_ledger(
    con: duckdb.DuckDBPyConnection, settings: Settings, now: datetime | None = None
) -> Ledger | None:
    """Return the stored events, where the source of events is a glob of files.

    None where something needs every row: a link to subscriptions, merged accounts, columns of
    different types, a file that cannot be read.
    """
    source = settings.tables.get("events")
    if source is None or settings.data.engine != "duckdb" or "identities" in settings.tables:
        return None
    files = inventory(settings, source)
    if files is None:
        return None
    meaning = meaning_of(settings)
    with ExitStack() as stack:
        folder = settings.workspace / "digests" / fingerprint(settings, source, meaning)
        stack.enter_context(shelf.locked(folder))
        ledger = Ledger(
            con, settings, source, meaning, files, shelf.opened(folder), stack.pop_all()
        )
    try:
        if _ready(ledger) and not ledger.straddles(now or utc_now()):
            return ledger
    except (KenshinError, duckdb.Error, OSError):
        # Whatever it is, the reading of every row says it in its own words.
        pass
    ledger.close()
    return None


def _ready(ledger: Ledger) -> bool:
    """Look at the new files, and return whether the ledger can be used."""
    old = ledger.stored()
    new = [file for file in ledger.files if file not in old]
    found: list[dict[str, str]] = [segment.columns for segment, _ in old.values()]
    batches = list(in_batches(new))
    for batch in batches:
        found.append(ledger.opened(batch).columns)
    columns = _together(found)
    if columns is None:
        return False
    ledger.columns = columns
    for batch in batches:
        ledger.under_names(ledger.opened(batch))
        last = days(ledger.con)
        for number, file in enumerate(batch.files):
            ledger.fresh[file] = last.get(number, {})
    ledger.typed = ledger.under_names(None)
    return "subscription_id" not in ledger.typed.names


def _together(found: Sequence[Mapping[str, str]]) -> dict[str, str] | None:
    """Return the columns of all files; None where two have one of different types."""
    columns: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for each in found:
        for column, kind in each.items():
            first = spelled.setdefault(column.lower(), column)
            if columns.setdefault(first, kind) != kind:
                return None
    return columns


def _without(before: Shelf, kept: set[tuple[str, int]], made: Sequence[Segment]) -> Shelf:
    """Return the shelf with only the files that are kept, and the new segments."""
    segments: list[Segment] = []
    gone: dict[str, list[int]] = {}
    for segment in before.segments:
        out = [one.number for one in segment.found if (segment.name, one.number) not in kept]
        if len(out) < len(segment.found):
            segments.append(segment)
            if out:
                gone[segment.name] = out
    return Shelf(before.folder, (*segments, *made), gone)
