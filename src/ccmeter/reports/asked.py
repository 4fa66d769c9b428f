"""What a report can be asked for. Commands load this before anything that finds the answer."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ccmeter.pricing.names import canonical, is_claude

if TYPE_CHECKING:
    from ccmeter.reports.priced import Priced
    from ccmeter.store.read import Who

BY = ("day", "week", "month", "model", "project", "session", "version", "user", "agent",
      "entrypoint")  # fmt: skip
LEVELS = ("info", "notice", "warning", "alarm")  # of warnings, in order
UNKNOWN = "unknown"  # the client did not write it


class Filters(NamedTuple):
    """Which responses a report is about; None does not filter."""

    project: str | None = None  # a path, what lies below it, or its last name
    model: str | None = None  # an id, or a part of one such as "opus"
    user: str | None = None
    session: str | None = None  # the id or its beginning
    version: str | None = None  # of the client; audits alone can be asked for it
    is_whole: bool = False  # the model is the name of a row, and stands for no longer name

    @classmethod
    def given(cls, options: Mapping[str, Any]) -> "Filters":
        """Return what the options of a command filter by."""
        return cls(options["project"], options["model"], options["user"], options["session"])

    def among(self, models: Iterable[str]) -> "Filters":
        """Return the same filters, knowing which (canonical) models there are."""
        wanted = self.model
        if wanted is None:
            return self
        return self._replace(
            is_whole=wanted.lower() in {_row_of(model).lower() for model in models}
        )

    @property
    def whole_users(self) -> bool:
        """Whether all responses of whoever is meant are meant: only these compare with a plan."""
        return self._replace(user=None, is_whole=False) == Filters()

    def keep(self, piece: "Priced", user_of: Callable[[str], str]) -> bool:
        """Whether the piece is meant."""
        return self.means(piece.slice.who, piece.model, user_of)

    def means(self, who: "Who", model: str, user_of: Callable[[str], str]) -> bool:
        """Whether responses of this owner and (canonical) model are meant."""
        return (
            (self.session is None or who.session.startswith(self.session))
            and (self.version is None or who.version == self.version)
            and (self.user is None or user_of(who.root) == self.user)
            and (self.model is None or self._is_model(self.model, _row_of(model)))
            and (self.project is None or _is_project(self.project, project_of(who)))
        )

    def _is_model(self, wanted: str, model: str) -> bool:
        whole = canonical(wanted)
        if is_claude(whole):  # a whole id, in any spelling, never means a longer one
            return whole == model
        small = model.lower()
        return wanted.lower() == small if self.is_whole else wanted.lower() in small


def _row_of(model: str) -> str:
    return model or UNKNOWN


def _is_project(wanted: str, project: str) -> bool:
    bare = wanted.rstrip("/\\") or wanted
    name = project.replace("\\", "/").rsplit("/", 1)[-1]
    return project == bare or project.startswith((bare + "/", bare + "\\")) or name == bare


def project_of(who: "Who") -> str:
    """The project of a response: the folder its session started in, when it was made in there.

    A response made elsewhere (after a change of folder) belongs to its own folder.
    """
    home, cwd = _one_spelling(who.home), _one_spelling(who.cwd)
    inside = cwd == home or cwd.startswith((home.rstrip("/\\") + "/", home.rstrip("/\\") + "\\"))
    return (home if inside else cwd) or UNKNOWN


def _one_spelling(path: str) -> str:
    """Clients on Windows write the drive letter in either case."""
    return path[0].upper() + path[1:] if path[1:2] == ":" else path
