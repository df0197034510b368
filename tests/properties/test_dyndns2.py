"""Whatever a server answers, a dialogue ends once for every target, and only the service's own word of success is success."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.providers.service import Service
from edge_agent.providers.services import services
from edge_agent.verdicts import TABLE
from edge_agent.wire import Answer, Failure, Request, Target
from tests.providers.talk import BY_NAME, SERVICE, job_for, talk

WORDS = [
    "good",
    "nochg",
    "badauth",
    "911",
    "OK",
    "KO",
    "w5m",
    "127.0.0.1",
    "success",
    "\r\n",
    "\n",
    " ",
    "<b>",
    "</b>",
    "{",
    "}",
    '"',
]
JSON = ['{"status":200}', '{"ok":true,"msg":"unaltered"}', '{"success":true}', '{"status":{}}', "[]", "null", '{"ok":1,"msg":{}}']

texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), st.sampled_from(JSON))
bodies = st.one_of(st.binary(max_size=60), texts.map(lambda text: text.encode("utf-8", "replace")))
headers = st.dictionaries(st.sampled_from(["retry-after", "ddnss-response", "content-type"]), texts, max_size=3)
answers = st.builds(Answer, st.integers(100, 599), headers, bodies)
failures = st.builds(Failure, st.sampled_from(["unreachable", "unconfirmed"]), st.text(max_size=10))
names = st.sampled_from(["a.example.com", "b.example.com", "c.example.com", "*.example.com"])
targets = st.lists(
    st.builds(
        lambda name, address, zone: Target(name, 6 if ":" in address else 4, address, None, zone),
        names,
        st.sampled_from(["203.0.113.7", "198.51.100.1", "2001:db8::7", "2001:db8::8"]),
        st.sampled_from(["example.com", None]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda target: (target.name, target.family),
)
credentials = {credential.name: f"s3cret-{credential.name}" for service in tuple(services()) for credential in service.credentials}
credentials["url"] = "https://api.example.net/?q=s3cret-url"


@given(st.sampled_from(tuple(services())), targets, st.data())
def test_every_target_ends_once_whatever_comes_back(service: Service, wanted: list[Target], data: st.DataObject) -> None:
    provider = BY_NAME[service.name]
    job = job_for(provider, credentials, wanted, server=provider.server or "https://x.example")

    def send(request: Request) -> Answer | Failure:
        assert request.url.startswith(("https://", "http://"))
        assert request.changes
        assert set(request.changes) <= set(wanted)
        return data.draw(answers | failures)

    said = talk(job, provider, send)
    sent = [target for request in said.requests for target in request.changes]
    assert len(sent) == len(set(sent)), "nothing is sent twice in one job"
    for (name, family), verdict in said.verdicts.items():
        assert verdict.kind in TABLE
        assert verdict.scope in {"record", "account", "provider"}
        assert len(verdict.detail) <= 160
        assert "s3cret" not in verdict.detail
        if TABLE[verdict.kind].success:
            assert (name, family) in {(target.name, target.family) for target in sent}


@given(bodies, st.integers(100, 599))
def test_only_the_first_word_is_success(body: bytes, status: int) -> None:
    provider = BY_NAME["noip"]
    job = job_for(provider, credentials, [Target("a.example.com", 4, "203.0.113.7")])
    verdict = next(iter(talk(job, provider, lambda request: Answer(status, {}, body)).verdicts.values()))
    first = (body.decode("utf-8", "replace").split() or [""])[0].lower()
    if TABLE[verdict.kind].success:
        assert first in {"good", "nochg"}
        assert 200 <= status <= 299


OWN = [
    name
    for name, service in SERVICE.items()
    if "good" not in service.reply.words and (service.reply.words or service.reply.phrases)
]


@given(st.sampled_from(OWN), st.text("gd12 .:/<>|\n", max_size=40))
def test_a_service_with_its_own_words_takes_no_other(name: str, text: str) -> None:
    provider = BY_NAME[name]
    job = job_for(provider, credentials, [Target("a.example.com", 4, "203.0.113.7", None, "example.com")])
    answer = Answer(200, {}, f"good {text}".encode())
    verdict = next(iter(talk(job, provider, lambda request: answer).verdicts.values()))
    assert verdict.kind == "garbled"
