"""A page as a browser takes it apart; what is not nested as it should be fails."""

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"meta"}


class Node:
    """An element: its attributes, and what stands in it."""

    def __init__(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tag = tag
        self.attributes = {name: value or "" for name, value in attributes}
        assert len(self.attributes) == len(attributes), f"an attribute stands twice: {attributes}"
        self.inside: list[Node | str] = []

    def all(self, *tags: str) -> Iterator["Node"]:
        """Every element inside, of these names if there are any."""
        for child in self.inside:
            if isinstance(child, Node):
                if not tags or child.tag in tags:
                    yield child
                yield from child.all(*tags)

    def one(self, tag: str) -> "Node":
        (found,) = self.all(tag)
        return found

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.inside)

    @property
    def shape(self) -> list[str]:
        """The names of all elements inside, with those of their attributes."""
        return [f"{node.tag} {' '.join(node.attributes)}" for node in self.all()]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Node("", [])]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, attrs)
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def parse(text: str) -> Node:
    """Return the document, or part of one, all of whose elements have an end."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    (root,) = parser.open
    return root


def section(page: Node, title: str) -> Node:
    """The part below a heading."""
    (found,) = [part for part in page.all("section") for h in part.all("h2") if h.text == title]
    return found


def rows(table: Node) -> list[dict[str, str]]:
    """The rows of a table by the titles of its columns, of which "" is the first."""
    head, *body = [
        [cell.text for cell in row.all("th", "td")] for row in table.all("tr")
    ]  # fmt: skip
    assert all(len(row) == len(head) for row in body)
    twice = {title for title in head if head.count(title) > 1}
    names = [f"{title} {n}" if title in twice else title for n, title in enumerate(head)]
    return [dict(zip(names, row, strict=True)) for row in body]
