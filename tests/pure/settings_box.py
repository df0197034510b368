"""A box of files and services for the tests of settings: the files are a dictionary, some services are our own."""

from collections.abc import Mapping, Sequence

from edge_agent import providers
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.settings.document import ReadError
from edge_agent.settings.gathering import Wish, gather
from edge_agent.settings.logins import Services
from edge_agent.wire import Dialogue

FILE = "/etc/edge-agent.toml"


def silent(job: Job) -> Dialogue:
    """Say nothing: these services are never spoken to."""
    yield from ()


OWN = {
    row.name: row
    for row in (
        Provider("plain", "Plain", silent, "https://plain.example", (Credential("token", "its token"),), ttl=(60, 600)),
        Provider(
            "two-keys",
            "Two keys",
            silent,
            "https://two.example",
            (
                Credential("account", "", secret=False),
                Credential("login", "", secret=False),
                Credential("key", ""),
                Credential("phrase", ""),
            ),
            {"single_family": "yes: one family only", "headers": "further headers"},
            families=(4,),
        ),
        Provider("selfhosted", "Self-hosted", silent, "", (Credential("password", ""),)),
        Provider("open", "Open to all", silent, "https://open.example"),
        Provider("over", "Over", silent, gone="it was shut down in 2020"),
        Provider("old", "Old", silent, "http://old.example", (Credential("password", ""),)),
    )
}


def find(name: str) -> Provider | None:
    """Return one of our own services, or a real one."""
    return OWN.get(name) or providers.find(name)


class Files:
    """Texts by path. A text that begins with `!` is the sentence why it cannot be read; `~` marks one that others can read."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def __call__(self, path: str, *, secret: bool) -> str:
        """Return the text at `path` as `inputs.read` would."""
        text = self.texts.get(path)
        if text is None:
            raise ReadError(f"{path} does not exist", missing=True)
        if text.startswith("!"):
            raise ReadError(f"{path} {text[1:]}", "mend it")
        if secret and text.startswith("~"):
            raise ReadError(f"{path} can be read by every user", f"chmod o= {path}")
        return text.removeprefix("~")


def wish(
    argv: Sequence[str] = (),
    file: str | None = None,
    environ: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> Wish:
    """Gather what the user wants, from arguments, the usual file, the environment and other files."""
    texts = {"/token": "sesame\n", **(files or {}), **({} if file is None else {FILE: file})}
    return gather(argv, environ or {}, Files(texts), Services(find, providers.near))
