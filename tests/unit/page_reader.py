"""A page as a browser reads it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Tag:
    name: str
    attrs: dict[str, str | None]
    inside: tuple[str, ...]


@dataclass
class Page(HTMLParser):
    """What a browser would find: the tags, the text, and whether every tag was closed."""

    html: str
    tags: list[Tag] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(Tag(tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(Tag(tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, name: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name == name]

    def with_id(self, id_: str) -> Tag:
        (found,) = [tag for tag in self.tags if tag.attrs.get("id") == id_]
        return found

    def says(self, sentence: str) -> bool:
        return sentence in " ".join(self.text.split())

    def posts(self) -> list[str | None]:
        return [form.attrs["action"] for form in self.all("form")]

    def refreshes(self) -> list[Tag]:
        return [tag for tag in self.all("meta") if tag.attrs.get("http-equiv") == "refresh"]
