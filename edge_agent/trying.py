"""Try every account without changing anything: log in, find each name's zone, look at its record. Pure but for the world handed in.

Services that have no question which changes nothing are not tried, and that is said.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from edge_agent.encoding import brief
from edge_agent.model import FAMILY_OF, Account, Key, Memory, Record, Settings
from edge_agent.report import secrets_of
from edge_agent.seam import World
from edge_agent.sending import job_of
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Failure, Request, Send, Target, converse

NOWHERE: Final = {4: "192.0.2.1", 6: "2001:db8::1"}  # RFC 5737 and 3849: what is asked about where nothing was published yet


class Tried(NamedTuple):
    """What came of one record of an account; of the account as a whole where there is no name. No verdict: it was not tried."""

    account: str
    provider: str
    name: str = ""
    type: str = ""
    verdict: Verdict | None = None


def tried(settings: Settings, world: World) -> tuple[Tried, ...]:
    """Return what came of every account, in the settings' order; accounts are tried at the same time."""
    memory, _ = world.recall()
    secrets = secrets_of(settings)
    talks = {name: _talk(settings, account, memory, world, secrets) for name, account in settings.accounts.items()}
    found = list(world.together(iter((talk,)) for talk in talks.values()))
    order = {name: place for place, name in enumerate(settings.accounts)}
    return tuple(sorted(found, key=lambda one: order[one.account]))


def _talk(
    settings: Settings, account: Account, memory: Memory, world: World, secrets: tuple[str, ...]
) -> Callable[[], Iterator[Tried]]:
    def talk() -> Iterator[Tried]:
        provider = world.provider(account.provider)
        whole = Tried(account.name, provider.name)
        targets = {
            _target(record, type_, memory): (record.name, type_)
            for record in settings.records
            if record.account == account.name
            for type_ in record.types
        }
        if not provider.reads or not targets:
            yield whole
            return
        job = job_of(account, provider, targets, world, world.now().wall)._replace(look_only=True)
        way = None if settings.update_via in {"any", "same"} else settings.update_via
        for target, verdict in converse(provider.dialogue(job), job.targets, _guarded(world.sender(account, (way,)))):
            name, type_ = targets[target]
            yield whole._replace(name=name, type=type_, verdict=verdict._replace(detail=brief(verdict.detail, secrets)))

    return talk


def _target(record: Record, type_: str, memory: Memory) -> Target:
    """Return a target with the address that was published last, or one that nobody has."""
    key = Key(record.account, record.name, type_)
    own = [entry.address for known, entry in memory.entries.items() if known._replace(value="") == key and entry.address]
    family = FAMILY_OF[type_]
    address = own[0] if own else NOWHERE[family]
    return Target(record.name, family, address, record.ttl, record.zone, tuple(own), record.each, create=record.create)


def _guarded(send: Send) -> Send:
    """Return a sender that lets no request pass which could change a record, whatever a provider's code makes of its job."""

    def guarded(request: Request) -> Answer | Failure:
        if request.changes:
            return Failure("unreachable", "internal error: this service was about to be sent a change; nothing was sent")
        return send(request)

    return guarded
