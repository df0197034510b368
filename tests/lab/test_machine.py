"""What `machine.look()` sees of each scenario on the real kernel."""

import pytest

from edge_agent import model
from edge_agent.model import Snapshot
from tests.lab.scenarios import ALL, Standing, standing

LOOK = "from edge_agent import machine; print(repr(machine.look()))"


def look(there: Standing) -> Snapshot:
    found = eval(there.lab.python(there.box, LOOK), vars(model))
    assert isinstance(found, Snapshot)
    return found


@pytest.mark.parametrize("name", ALL)
def test_every_box(name: str) -> None:
    with standing(ALL[name]) as there:
        seen = look(there)
        assert seen.gaps == ()
        print(seen)
