"""What one worker does alone, over all machines: a round, reading a calendar, a refresh."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from logging import Logger

import models
from models import Lease


@dataclass(frozen=True)
class Held:
    """A lease as its holder knows it: `token` tells it from everybody else's."""

    name: str
    token: str

    def renew(self, until: int) -> bool:
        """Hold it until another instant; False when somebody else has had it since."""
        mine = Lease.update(until=until).where(Lease.name == self.name, Lease.token == self.token)
        return models.changed(mine)

    def release(self) -> bool:
        """Let others have it; False when it was not ours any more."""
        mine = Lease.delete().where(Lease.name == self.name, Lease.token == self.token)
        return models.changed(mine)


def rounds(work: Callable[[], object], pause_seconds: float, log: Logger) -> None:
    """Do it again and again, for as long as the process lives; a fault is logged."""
    while True:
        time.sleep(pause_seconds)
        try:
            with models.database.connection_context():
                work()
        except Exception as error:
            log.error("round failed", exc_info=error)


def take(name: str, now: int, until: int) -> Held | None:
    """The lease of this name until `until`, an instant; None while another worker has it."""
    token = secrets.token_hex(16)
    mine = {Lease.token: token, Lease.until: until}
    over = models.over(Lease.until, now, until)
    taken = Lease.insert({Lease.name: name, **mine}).on_conflict(
        conflict_target=[Lease.name], update=mine, where=over
    )
    return Held(name, token) if taken.as_rowcount().execute() == 1 else None
