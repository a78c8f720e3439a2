"""Judges alerts by all rules, and plans what follows, inside the caller's transaction.

An alert is judged when it opens, when a repeat may change a verdict, and again when what a rule
waited for is over (alerts/waiting.py). Whatever a rule has taken stays taken.
"""

import functools
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from alerts import joining, new_rows, planning, quotas, rows, rules, windows
from alerts.models import (
    Alert,
    Delivery,
    Explanation,
    Match,
    Rule,
    Storm,
    Verdict,
)
from alerts.rulebook import Rulebook
from alerts.rules import Finding
from alerts.speakers import Speakers, is_grouped
from destinations.messages import Action


class Judge:
    """Judges the alerts of one transaction. Nothing is saved before `write`."""

    def __init__(self) -> None:
        self.rulebook, self._speakers = Rulebook(), Speakers()
        # Verdicts and creates to be written, and the ids of alerts that have no rows yet.
        self._fresh: set[UUID] = set()
        self._matches: dict[UUID, list[Match]] = {}
        self._explanations: dict[UUID, Explanation] = {}
        self._suppressions: list[tuple[Alert, Finding]] = []
        # What holds alerts back: the ids of rules, schedules and blackouts.
        self._holders: dict[str, set[UUID]] = defaultdict(set)
        self._deliveries: dict[UUID, dict[UUID, Delivery]] = {}
        self._to_ring: set[UUID] = set()
        self._to_wait: set[UUID] = set()

    def judge(self, alert: Alert, *, is_new: bool, now: datetime | None = None) -> None:
        """Notes what each rule says, and plans a delivery to each destination that one joins.

        The alert gets its `verdict` and `is_matched`; saving them is the caller's, if it `is_new`.
        """
        now = now or timezone.now()
        if is_new:
            self._fresh.add(alert.pk)
        earlier = self._earlier(alert)
        findings = self._findings(alert, earlier, now)
        self._note(alert, findings, earlier, now)
        said = [finding.verdict for finding in findings]
        alert.is_matched |= Verdict.MATCHED in said
        all_in_all = next((verdict for verdict in Verdict if verdict in said), Verdict.NOT_MATCHED)
        alert.verdict = Verdict.MATCHED if alert.is_matched else all_in_all
        if not is_new:
            alert.save(update_fields=["verdict", "is_matched"])
            self._speakers.has_changed(alert)
        self._plan(alert, [f.rule for f in findings if f.verdict == Verdict.MATCHED and f.fits])

    def write(self) -> None:
        """Saves all that was noted and planned. The alerts are there already."""
        for kind, ids in self._holders.items():
            self.rulebook.hold(kind, ids)
        self._write_matches()
        windows.keep(self._suppressions)
        rows.insert([create for to in self._deliveries.values() for create in to.values()])
        planning.ring(self._to_ring)
        planning.lanes_of(self._to_wait)
        self._speakers.write()
        for written in (self._matches, self._explanations, self._deliveries):
            written.clear()
        for noted in (self._fresh, self._to_ring, self._to_wait):
            noted.clear()
        self._suppressions.clear()
        self._holders.clear()

    def _earlier(self, alert: Alert) -> dict[UUID | None, Match]:
        """What rules have said of the alert before, saved or not."""
        saved = [] if alert.pk in self._fresh else rows.find(Match, "alert", [alert.pk])
        noted = self._matches.get(alert.pk, [])
        return {match.rule_id: match for match in [*saved, *noted]}

    def _findings(
        self, alert: Alert, earlier: dict[UUID | None, Match], now: datetime
    ) -> list[Finding]:
        taken = {rule for rule, match in earlier.items() if match.verdict == Verdict.MATCHED}
        book = self.rulebook
        found = rules.verdicts(
            alert, book.conditions, now=now, breaking=book.breaking, quiet=book.quiet, taken=taken
        )
        return [
            self._within_quotas(alert, finding, now)
            if finding.verdict == Verdict.MATCHED and finding.rule.pk not in taken
            else finding
            for finding in found
        ]

    def _within_quotas(self, alert: Alert, finding: Finding, now: datetime) -> Finding:
        rule = finding.rule
        if not rule.cooldown_minutes and not rule.daily_limit:
            return finding
        obstacle = quotas.take(rule, alert, self.rulebook.quiet.schedule_of(rule), now)
        return rules.suppressed(rule, obstacle) if obstacle else finding

    def _note(
        self,
        alert: Alert,
        findings: list[Finding],
        earlier: dict[UUID | None, Match],
        now: datetime,
    ) -> None:
        noted: list[Finding] = []
        passed_over: list[Finding] = []
        for finding in findings:
            is_told = finding.verdict != Verdict.NOT_MATCHED
            is_news = is_told or (bool(earlier) and finding.rule.pk in earlier)
            (noted if is_news else passed_over).append(finding)
        self._matches[alert.pk] = [new_rows.match(alert, finding, now) for finding in noted]
        self._explanations[alert.pk] = new_rows.explanation(alert, passed_over, now)
        self._suppressions += [(alert, finding) for finding in noted if finding.obstacle]
        for finding in noted:
            for kind, pk in finding.holders:
                self._holders[kind].add(pk)

    def _plan(self, alert: Alert, matched: Iterable[Rule]) -> None:
        """One create for each destination that the rules name, if it has none yet."""
        named: dict[UUID, list[Rule]] = defaultdict(list)
        for rule in matched:
            for destination in self.rulebook.destinations_of(rule):
                named[destination].append(rule)
        if not named:
            return
        # Groups first: where a storm brake holds the alert as well, its group speaks for it.
        unplanned = named.keys() - self._planned(alert)
        for destination in sorted(unplanned, key=lambda each: not is_grouped(named[each])):
            self._plan_create(alert, destination, named[destination])

    @functools.cached_property
    def _installation(self) -> UUID:
        return planning.installation_id()

    def _planned(self, alert: Alert) -> set[UUID]:
        planned = self._deliveries.get(alert.pk, {}).keys()
        if alert.pk in self._fresh:
            return set(planned)
        return planned | {
            create.destination_id
            for create in rows.find(
                Delivery, "alert", [alert.pk], only=("id", "destination", "action")
            )
            if create.action == Action.CREATE
        }

    def _plan_create(self, alert: Alert, destination: UUID, named_by: list[Rule]) -> None:
        # A digest gathers by itself: it needs neither group nor brake.
        slot = self.rulebook.slot_of(destination)
        passing, summary = (
            (None, None) if slot else self._speakers.find(alert, destination, named_by)
        )
        create = planning.new_create(
            alert,
            destination,
            [rule.name for rule in named_by],
            passed_by=passing.pk if passing else None,
            digest_at=slot,
            installation=self._installation,
            breaking=self.rulebook.breaking,
        )
        if slot:
            self._to_wait.add(destination)
        elif summary:
            self._absorb(alert, summary, create)
        else:
            self._to_ring.add(destination)
        self._deliveries.setdefault(alert.pk, {})[destination] = create

    def _absorb(self, alert: Alert, summary: Storm, create: Delivery) -> None:
        joining.absorb(summary, alert, create)
        if alert.pk not in self._fresh:
            alert.save(update_fields=["part_of"])

    def _write_matches(self) -> None:
        """New alerts have none yet; the verdicts on others are replaced."""
        fresh = [m for pk, found in self._matches.items() if pk in self._fresh for m in found]
        again = [m for pk, found in self._matches.items() if pk not in self._fresh for m in found]
        rows.insert(fresh)
        Match.objects.bulk_create(
            again,
            update_conflicts=True,
            unique_fields=["alert", "rule"],
            update_fields=new_rows.OF_A_VERDICT,
        )
        rows.insert([e for pk, e in self._explanations.items() if pk in self._fresh and e.packed])
        Explanation.objects.bulk_create(
            [e for pk, e in self._explanations.items() if pk not in self._fresh],
            update_conflicts=True,
            unique_fields=["alert"],
            update_fields=["packed", "evaluated_at"],
        )
