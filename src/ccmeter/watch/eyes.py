"""How changes are noticed: by events where they can be had, else by looking often."""

from collections.abc import Iterable, Sequence

from ccmeter.transcripts.discover import Transcript
from ccmeter.watch.hints import Hints
from ccmeter.watch.log import Log
from ccmeter.watch.observe import Observation, unwatched
from ccmeter.watch.places import Identity, Tree, identities, shown, transcripts, trees

EVENTS, POLL = "events", "poll"


class Eyes:
    """Keeps the folders watched that are there now, and knows whether events can be relied on."""

    def __init__(self, hints: Hints, log: Log, *, poll: bool = False) -> None:
        self.mode = POLL if poll else EVENTS
        self._poll = poll
        self._hints = hints
        self._log = log
        self._seen: Sequence[Identity] | None = None
        self._trees: Sequence[Tree] = ()
        self._observation: Observation | None = None

    def look(self, roots: Sequence[str]) -> bool:
        """Watch what is there now; whether a projects folder came, went or was replaced."""
        now = identities(roots)
        if now == self._seen:
            return False
        self._seen = now
        self._watch(trees(roots))
        return True

    def look_closer(self, roots: Sequence[str]) -> None:
        """Watch also what was linked into projects folders since the last look."""
        now = trees(roots)
        if now != self._trees:
            self._watch(now)

    def transcripts(self, paths: Iterable[str]) -> list[Transcript]:
        """Return the transcripts that these hints mean."""
        return transcripts(paths, self._trees)

    def distrust(self, why: str) -> None:
        """Look often from now on, until other folders are watched."""
        if self.mode == EVENTS:
            self.mode = POLL
            self._log.say(f"{why}: looking at every transcript often instead")

    def close(self) -> None:
        """Watch nothing any more."""
        if self._observation is not None:
            self._observation.close()
            self._observation = None

    def _hear(self, path: str) -> None:
        self._hints.add(shown(path, self._trees))

    def _watch(self, found: Sequence[Tree]) -> None:
        self.close()
        self._trees = found
        if self._poll:
            return
        self.mode = EVENTS
        folders = [tree.real for tree in found]
        try:
            self._observation = Observation(folders, self._hear)
        except OSError as error:
            self.distrust(f"no events of the file system ({error})")
            return
        missing = unwatched(folders)
        if missing:
            self.distrust(f"the system does not let {missing} more folders be watched")
