"""Every service's own transcript, and what must hold for all of them."""

import base64
import html
import json
import urllib.parse

import pytest

from edge_agent.providers.provider import Job, Provider
from edge_agent.providers.replies import WORDS
from edge_agent.providers.service import holes
from edge_agent.providers.services import providers
from edge_agent.wire import Answer, Request
from tests.providers.talk import AGENT, BY_NAME, HOME, SERVICE, V4, V6, always, body, job_for, talk, target
from tests.providers.transcripts import TRANSCRIPTS, Said
from tests.providers.transcripts_tokens import TOKENS

ALL = TRANSCRIPTS | TOKENS
RESERVED = {"names", "name", "zone", "label", "family"}
REPLIES = [pytest.param(name, said, id=f"{name}/{said.status}/{said.text[:24]}") for name, row in ALL.items() for said in row.said]


def job_of(name: str, credentials: dict[str, str] | None = None) -> Job:
    row, provider = ALL[name], BY_NAME[name]
    targets = [target(HOME, address, row.zone) for family, address in ((4, V4), (6, V6)) if family in provider.families]
    return job_for(provider, credentials or row.credentials, targets, server=provider.server or "https://ddns.example.net")


def login_of(request: Request) -> str:
    value = dict(request.headers).get("Authorization", "")
    scheme, _, rest = value.partition(" ")
    return base64.b64decode(rest).decode() if scheme == "Basic" else value


def test_every_service_has_a_transcript() -> None:
    assert sorted(ALL) == sorted(SERVICE)


@pytest.mark.parametrize("name", SERVICE)
def test_requests(name: str) -> None:
    row = ALL[name]
    said = talk(job_of(name), BY_NAME[name], always(body("hm", 404)))
    assert tuple(request.url for request in said.requests) == row.sent
    for request in said.requests:
        assert request.method == row.method
        assert dict(request.headers)["User-Agent"] == AGENT
        assert login_of(request) == row.login
        assert request.body == b""
    assert [one for request in said.requests for one in request.changes] == list(job_of(name).targets)


@pytest.mark.parametrize(("name", "said"), REPLIES)
def test_replies(name: str, said: Said) -> None:
    answer = Answer(said.status, dict(said.headers), said.text.encode())
    verdict = next(iter(talk(job_of(name), BY_NAME[name], always(answer)).verdicts.values()))
    scoped = f"{verdict.kind} {verdict.scope}" if verdict.kind in {"refused", "banned"} else verdict.kind
    assert scoped == said.means
    assert len(verdict.detail) <= 120


@pytest.mark.parametrize("name", [name for name, service in SERVICE.items() if "good" in service.reply.words])
def test_common_words(name: str) -> None:
    """A row may give a common word another meaning, but never turn a refusal into success or forget a word of the protocol."""
    own = SERVICE[name].reply.words
    assert own.keys() >= WORDS.keys()
    successes = {word for word, verdict in own.items() if verdict.kind in {"updated", "unchanged"}}
    assert successes <= {"good", "nochg", "successfully_changed", "no_change"}


@pytest.mark.parametrize("provider", tuple(providers()), ids=lambda provider: provider.name)
def test_facts_for_people(provider: Provider) -> None:
    assert provider.title
    assert all(line.endswith(".") and line.isprintable() for line in provider.traps)
    if provider.server.startswith("http://"):
        assert any("in the clear" in line for line in provider.traps), "plain HTTP must be said aloud"
    elif provider.server:
        assert provider.server.startswith("https://")
        assert provider.server.count("/") == 2
    assert set(provider.families) <= {4, 6}
    assert provider.pairs in {"alone", "together", "required"}


def test_names_and_aliases_are_unique() -> None:
    names = [name for provider in tuple(providers()) for name in (provider.name, *provider.aliases)]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize("name", SERVICE)
def test_braces_name_credentials(name: str) -> None:
    service = SERVICE[name]
    known = {credential.name for credential in service.credentials} | RESERVED
    wanted = {
        hole for text in (service.url, service.query, *(part for way in service.ways for part in way)) for hole in holes(text)
    }
    assert wanted <= known
    assert {credential.name.removesuffix("6") for credential in service.credentials} <= wanted
    assert all(choice in known for credential in service.credentials for choice in credential.choices)


@pytest.mark.parametrize("name", SERVICE)
def test_missing_credentials_send_nothing(name: str) -> None:
    provider = BY_NAME[name]
    said = talk(job_of(name, {"nonsense": "x"}), provider, always(body("good")))
    assert said.requests == []
    assert set(said.kinds) == {"refused"}
    first = said.verdicts[HOME, 4]
    assert first.scope == "account"
    assert provider.credentials[0].name in first.detail


# --- secrets ---------------------------------------------------------------------------------------------------------


def planted(name: str) -> dict[str, str]:
    odd = {"desec": "S3CRET-tok&<en", "ionos": "https://api.example.net/S3CRET-path?q=S3CRET-token%26"}
    return {key: odd.get(name, f'S3CRET-{key}&<"/ é') for key in ALL[name].credentials}


def echoes(request: Request) -> list[str]:
    url = request.url
    spoken = f"{url} {urllib.parse.unquote(url)} {dict(request.headers)} {login_of(request)}"
    return [spoken, html.escape(spoken), json.dumps({"status": 400, "ok": False, "message": spoken}), f"<p>{spoken.lower()}</p>"]


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 500])
@pytest.mark.parametrize("name", SERVICE)
def test_no_secret_is_repeated(name: str, status: int) -> None:
    credentials = planted(name)
    for number in range(4):
        for before in ("", "good ", "badauth ", "error "):

            def send(request: Request, number: int = number, before: str = before) -> Answer:
                spoken = before + echoes(request)[number]
                return Answer(status, {"ddnss-response": spoken, "retry-after": spoken}, spoken.encode())

            for verdict in talk(job_of(name, credentials), BY_NAME[name], send).verdicts.values():
                assert "s3cret" not in verdict.detail.lower()
                assert base64.b64encode(b"S3CRET").decode()[:7] not in verdict.detail


def test_a_login_header_is_not_repeated() -> None:
    said = talk(job_of("he"), BY_NAME["he"], lambda request: body(f"you sent {dict(request.headers)['Authorization']}"))
    assert said.verdicts[HOME, 4].detail == "HTTP 200: you sent Basic ***"


@pytest.mark.parametrize(
    "part", ["/dyndns/S3C?q=t%26k", "/dyndns/S3C", "q=t%26k", "q=t&k", "https://api.example.net/dyndns/S3C?q=t&k"]
)
def test_no_part_of_a_secret_url_is_repeated(part: str) -> None:
    credentials = {"url": "https://api.example.net/dyndns/S3C?q=t%26k"}
    detail = talk(job_of("ionos", credentials), BY_NAME["ionos"], always(body(f"hm {part} hm", 400))).verdicts[HOME, 4].detail
    assert not any(secret in detail for secret in ("S3C", "t%26k", "t&k"))
    assert "***" in detail


@pytest.mark.parametrize("name", SERVICE)
def test_a_line_break_in_a_credential_goes_nowhere(name: str) -> None:
    for key in ALL[name].credentials:
        credentials = ALL[name].credentials | {key: ALL[name].credentials[key] + "\r\nX-Evil: S3CRET"}
        said = talk(job_of(name, credentials), BY_NAME[name], always(body("good")))
        assert said.requests == []
        for verdict in said.verdicts.values():
            assert (verdict.kind, verdict.scope) == ("refused", "account")
            assert key in verdict.detail
            assert "S3CRET" not in verdict.detail


def test_google_domains_is_gone() -> None:
    provider = BY_NAME["google-domains"]
    said = talk(job_for(provider, {}, [target()]), provider, always(body("good")))
    assert said.requests == []
    assert said.verdicts[HOME, 4].kind == "refused"
    assert "Squarespace" in provider.gone
