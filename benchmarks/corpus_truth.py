"""The truth beside a corpus: what the generator meant to write, never read back from the files."""

import json
import os
from collections import Counter
from collections.abc import Iterable

from corpus_talk import Answer

MODEL_FIELDS = (
    "responses",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_searches",
)
_ABOUT = ("seed", "days", "appended")
_NAME = "truth.json"


class Truth:
    """Counts of lines and files, and tokens by model as the counting rule sees them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.models: dict[str, tuple[int, ...]] = {}

    def count(self, answer: Answer) -> None:
        """Add one response and its lines."""
        self._add_row(answer.model.decode(), (1, *answer.vector))
        self.counts.update(responses=1, unfinished=not answer.finished)
        self.count_lines(len(answer.lines), answer.size)

    def count_lines(self, lines: int, size: int) -> None:
        """Add lines of type assistant that are no new response."""
        self.counts.update(assistant_lines=lines, assistant_bytes=size)

    def add(self, other: "Truth") -> None:
        """Add everything that another truth holds."""
        self.counts.update(other.counts)
        for model, row in other.models.items():
            self._add_row(model, row)

    def _add_row(self, model: str, row: Iterable[int]) -> None:
        held = self.models.get(model, (0,) * len(MODEL_FIELDS))
        self.models[model] = tuple(a + b for a, b in zip(held, row, strict=True))


def save(truth: Truth, folder: str, **about: object) -> None:
    """Write truth.json; `about` says how the corpus was made."""
    models = {
        model: dict(zip(MODEL_FIELDS, row, strict=True))
        for model, row in sorted(truth.models.items())
    }
    document = {**about, **dict(sorted(truth.counts.items())), "bad_lines": 0, "models": models}
    with open(os.path.join(folder, _NAME), "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)


def load(folder: str) -> tuple[Truth, dict[str, int]]:
    """Return the truth of a corpus, and how it was made."""
    with open(os.path.join(folder, _NAME), encoding="utf-8") as file:
        document = json.load(file)
    truth = Truth()
    for model, row in document.pop("models").items():
        truth.models[model] = tuple(row[field] for field in MODEL_FIELDS)
    about = {key: document.pop(key) for key in _ABOUT}
    truth.counts.update(document)
    return truth, about
