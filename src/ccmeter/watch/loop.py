"""The watcher's loop: wait for hints and signs, make the pass that is due, go on in any case."""

import sqlite3
import time
from collections.abc import Sequence, Set
from typing import NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.ingest import SyncStats
from ccmeter.watch.child import CatchUp
from ccmeter.watch.database import NewerError
from ccmeter.watch.desktop import Desktop
from ccmeter.watch.eyes import POLL, Eyes
from ccmeter.watch.fault import Fault, ask_for_room
from ccmeter.watch.ground import Ground
from ccmeter.watch.hints import Hints
from ccmeter.watch.instance import Instance, become
from ccmeter.watch.log import Log
from ccmeter.watch.pace import TIMING, Pace, Timing
from ccmeter.watch.passes import Outcome, Passes
from ccmeter.watch.signs import Signs
from ccmeter.watch.surroundings import differ, look_around
from ccmeter.watch.telemetry import Telemetry
from ccmeter.watch.trust import Trust

IDLE = "nothing to do"  # why it ends, at the beginning


class Options(NamedTuple):
    """What the watcher was asked for."""

    poll: bool = False
    forever: bool = False
    otlp: int | None = None  # the port, where the client's own reports are received


class Loop:
    """Runs until it is told to stop, or has nothing to do for long."""

    def __init__(
        self, home: str, instance: Instance, options: Options, log: Log, timing: Timing = TIMING
    ) -> None:
        self.hints = Hints()
        self.eyes = Eyes(self.hints, log, poll=options.poll)
        self.telemetry = Telemetry(home, log)
        self._home = home
        self._instance = instance
        self._options = options
        self._log = log
        self._around = look_around(home)
        self._signs = Signs(home)
        self._passes = Passes(home, self._around)
        self._pace = Pace(timing)
        self._ground = Ground(home, timing)
        self._trust = Trust(timing.grace)
        self._shown = Fault(home)
        self._catching_up: CatchUp | None = None
        self._desktop = Desktop()
        self._pending: set[str] = set()  # hints that no pass has looked at yet
        self._told: tuple[str, Sequence[str]] = ("", ())  # in the pid file: mode and folders

    def run(self) -> str:
        """Watch; return why it ended."""
        pace = self._pace
        self._shown.clear()
        try:
            while True:
                paths = self.hints.gather(pace.wait_s(), pace.timing.settle, pace.not_before)
                why = "stopped" if self.hints.stopped else self._turn(paths)
                if why:
                    return why
        finally:
            self._end()

    def _turn(self, paths: Set[str]) -> str:
        """Do what is due; return why the loop ends, "" to go on."""
        self._desktop.tidy()
        whole = self._instance.stands() and not self._passes.is_lost()
        if self._ground.vanishes(whole=whole):
            self._pace.busy()
            return self._idle() or self._orphaned()
        if not self._instance.stands() and not self._retake():
            return "another watcher has taken over"
        self._pending |= paths
        self._trust.hear(paths)
        try:
            self._look()
            if self._may_pass():
                self._pass()
        except NewerError as error:
            return str(error)
        except (CcmeterError, sqlite3.Error, OSError) as error:
            self._fault(error)
        return self._idle()

    def _retake(self) -> bool:
        """Lock anew: the data folder was removed and made again."""
        self._instance.close()
        found = become(self._home)
        if found is not None:
            self._instance, self._told = found, ("", ())
            self._shown.clear()
        return found is not None

    def _look(self) -> None:
        """Look at signs; whatever they say is done by a full pass, soon."""
        signs, pace = self._signs, self._pace
        if self.eyes.look(self._around.roots):
            self._trust.pause()
            pace.ask_all()
        if signs.clock_jumped():
            pace.ask_all()
        if self._passes.is_lost():
            self._passes.surround(self._around)  # nothing is ready in another database
            pace.ask_all()
        if signs.poked():
            pace.active()
            pace.ask_all()
        if signs.settings_changed():
            pace.ask_all()
        if self._trust.is_broken():
            self.eyes.distrust("no event told of a change")
            pace.ask_all()
        now = self.eyes.mode, self._around.roots
        if now != self._told:
            self._told = now
            self._instance.tell(*now)

    def _may_pass(self) -> bool:
        """Whether nothing stands against a pass, such as a large one in its own process."""
        if self._catching_up is None:
            return self._pace.may_pass()
        if not self._catching_up.ended():
            self._pace.busy()
            return False
        complaint, self._catching_up = self._catching_up.complaint(), None
        if complaint:
            raise CcmeterError(complaint)
        self._log.say("it is done")
        self._passes.surround(self._around)  # so that all that was answered lately is renewed
        self._pace.active()
        self._pace.ask_all()
        return True

    def _pass(self) -> None:
        ask_for_room(self._home)
        if self._pace.wants_all():
            self._pass_all()
        elif self._pending:
            self._after(self._passes.some(self.eyes.transcripts(self._pending)))
        elif self._signs.spooled() or self._passes.limits_wait():
            self._passes.limits()
        elif self._passes.is_due():
            self._after(self._passes.renew())
        elif self._pace.is_quiet():
            self._passes.rest()

    def _pass_all(self) -> None:
        started, hinted = time.monotonic(), set(self._pending)
        self._look_around()
        self.eyes.look_closer(self._around.roots)
        outcome = self._passes.all()
        if self._after(outcome):
            self._trust.found(outcome.read, hinted)
            self._pace.passed_all(time.monotonic() - started, poll=self.eyes.mode == POLL)
            if outcome.again:
                self._again()

    def _look_around(self) -> None:
        """Take what settings and zone are now; wrong settings change nothing."""
        try:
            now = look_around(self._home)
        except CcmeterError as error:
            self._log.change("settings", f"the settings stay as they were: {error}")
            return
        self._log.change("settings", "")
        self.telemetry.follow(now.config.otlp_port)
        if differ(now, self._around):
            self._around = now
            self._passes.surround(now)

    def _after(self, outcome: Outcome) -> bool:
        """Draw the consequences of a pass; whether it was one."""
        if outcome.busy:
            self._pace.busy()
            return False
        if outcome.large:
            self._log.say("much to do: left to a process that yields to others")
            self._catching_up = CatchUp(self._home)
            self._trust.pause()
            return False
        self._pending.clear()
        if self._pace.passed():
            self._log.change("fault", "")
            self._log.say("works again")
            self._shown.clear()
        if outcome.again:
            self._again()
        if outcome.stats.lines:
            self._pace.active()
            self._log.show(_summary(outcome.stats))
        for notice in outcome.news:
            self._log.say(f"{notice.level} {notice.rule}: {notice.message}")
            if self._around.config.notify:
                self._desktop.show(notice.message)
        return True

    def _again(self) -> None:
        self._pace.ask_all()
        self._trust.pause()

    def _fault(self, error: Exception) -> None:
        """Say it once, and try again later, with everything."""
        self._passes.rest()
        self._log.change("fault", f"{error}; trying again")
        self._pending.clear()
        self._pace.fault()
        if self._pace.fault_lasts():
            self._shown.show(error)
        self._trust.pause()

    def _idle(self) -> str:
        minutes = self._around.config.watch_idle_minutes
        if self._options.forever or not minutes or self._catching_up is not None:
            return ""
        return f"{IDLE} for {minutes} minutes" if self._pace.is_idle(minutes) else ""

    def _orphaned(self) -> str:
        ends = self._ground.is_lost() and not self._options.forever
        return "its data folder was removed" if ends else ""

    def _end(self) -> None:
        if self._catching_up is not None:
            self._catching_up.stop()
        self.eyes.close()
        self.telemetry.close()
        self._passes.rest()
        self._desktop.close()
        if self._instance.stands():
            self._shown.close()
        self._instance.close()


def _summary(stats: SyncStats) -> str:
    new, changed = stats.responses_new, stats.responses_changed
    return f"{new} new responses, {changed} changed, in {1000 * stats.seconds:.0f} ms"
