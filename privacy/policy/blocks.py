"""The text of a clause as a reader goes through it: one paragraph, point or heading after the other."""

from dataclasses import dataclass
from html.parser import HTMLParser

TEXT, ITEM, HEADING = "text", "item", "heading"
KINDS = {"p": TEXT, "blockquote": TEXT, "hr": TEXT, "li": ITEM, "h3": HEADING}


@dataclass(frozen=True)
class Block:
    """A piece of text that stands by itself, without markup. Where a link leads out of it is part of what it says."""

    kind: str
    text: str


def blocks_of(html: str) -> list[Block]:
    """Return the blocks of cleaned HTML in the order in which they are read."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_block(TEXT)
    return reader.blocks


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._kind = TEXT
        self._parts: list[str] = []
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Begin a block, or note down where a link leads."""
        if tag == "a":
            self._links.append(dict(attributes).get("href") or "")
        elif tag in KINDS:
            # A paragraph within a point of a list is still the point.
            inside_item = tag == "p" and self._kind == ITEM and not self._said()
            self.end_block(ITEM if inside_item else KINDS[tag])

    def handle_endtag(self, tag: str) -> None:
        """End a block, or say where the link led."""
        if tag == "a" and self._links:
            address = self._links.pop()
            # A link within the text says by its words where it leads.
            self._parts.append("" if address.startswith("#") or address == self._said() else f" ({address})")
        elif tag in KINDS:
            self.end_block(TEXT)

    def handle_data(self, data: str) -> None:
        """Take up words."""
        self._parts.append(data)

    def end_block(self, next_kind: str) -> None:
        """Keep what was said, if anything was, and go on with a block of the next kind."""
        if text := self._said():
            self.blocks.append(Block(self._kind, text))
        self._kind, self._parts = next_kind, []

    def _said(self) -> str:
        return " ".join("".join(self._parts).split())
