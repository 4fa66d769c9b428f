"""Fifth step of the demo: what happens in a session, from the plain one to the cache bug."""

from collections.abc import Callable, Mapping
from random import Random

from ccmeter.demo.conversation import Conversation
from ccmeter.demo.gateway import play_gateway
from ccmeter.demo.lines import Scene, new_uuid
from ccmeter.demo.plan import SONNET, Sitting

_LONG_BREAK = 0.8  # share of plain sessions with one break over an hour: the cache expires
_EVICTED = 0.001  # of requests: the server drops a live prefix for no visible reason
_PINNED_RUN = 7  # requests at the end of a buggy session that all fall to the same floor


def play(sitting: Sitting, rng: Random) -> list[Conversation]:
    """Play one planned session and return it, followed by its forks."""
    scene = Scene(new_uuid(rng), sitting.project, sitting.branch, sitting.version)
    talk = Conversation(scene, sitting.model, sitting.start_ms, rng)
    talk.open()
    talks = [talk, *_STORIES[sitting.story](talk, sitting.requests)]
    for played in talks:
        played.close()
    return talks


def _turns(talk: Conversation, requests: int, broken_from: int | None = None) -> None:
    """Send requests in turns of a few; from number `broken_from` on every prefix is lost."""
    left = 0
    for number in range(requests):
        if left == 0:
            talk.ask()
            left = min(talk.rng.randint(3, 14), requests - number)
        left -= 1
        broken = broken_from is not None and number >= broken_from
        talk.request(last=left == 0, lost=broken or talk.rng.random() < _EVICTED)


def _plain(talk: Conversation, requests: int) -> list[Conversation]:
    before = talk.rng.randint(requests // 3, requests - 10)
    _turns(talk, before)
    if talk.rng.random() < _LONG_BREAK:
        talk.rest(talk.rng.randint(63, 95))
    _turns(talk, requests - before)
    return []


def _short(talk: Conversation, requests: int) -> list[Conversation]:
    _turns(talk, requests)
    return []


def _pinned(talk: Conversation, requests: int) -> list[Conversation]:
    _turns(talk, requests, broken_from=requests - _PINNED_RUN)
    return []


def _compact(talk: Conversation, requests: int) -> list[Conversation]:
    _turns(talk, requests * 2 // 3)
    talk.compact()
    _turns(talk, requests // 3)
    return []


def _fork(talk: Conversation, requests: int) -> list[Conversation]:
    _turns(talk, requests // 2)
    fork = talk.fork()
    _turns(fork, requests // 4)
    return [fork]


def _switch(talk: Conversation, requests: int) -> list[Conversation]:
    _turns(talk, requests // 2)
    talk.model = SONNET
    _turns(talk, requests // 2)
    return []


def _abort(talk: Conversation, requests: int) -> list[Conversation]:
    _turns(talk, requests // 2)
    talk.ask()
    talk.abort()
    _turns(talk, requests // 2)
    return []


_STORIES: Mapping[str, Callable[[Conversation, int], list[Conversation]]] = {
    "plain": _plain,
    "short": _short,
    "pinned": _pinned,
    "compact": _compact,
    "fork": _fork,
    "switch": _switch,
    "abort": _abort,
    "gateway": play_gateway,
}
