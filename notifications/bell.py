"""The bell that tells a worker to look at the outbox. What is to be sent stands in rows; a bell may be lost."""

import logging
import os
import threading

logger = logging.getLogger(__name__)


class Bell:
    """Rings in a thread of its own, so that no page waits for the broker: how long it takes would tell who is here.

    However often somebody pulls meanwhile, it rings once more.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, as a process has to that was forked off while the bell rang."""
        self.lock = threading.Lock()
        self.is_wanted = self.is_ringing = False

    def ring(self) -> None:
        """Have a worker look now. Where that cannot be said, it looks by itself before long."""
        with self.lock:
            self.is_wanted = True
            if self.is_ringing:
                return
            self.is_ringing = True
        threading.Thread(target=self._ring, name="bell", daemon=True).start()

    def _ring(self) -> None:
        while self._is_wanted():
            _tell()

    def _is_wanted(self) -> bool:
        with self.lock:
            self.is_ringing, self.is_wanted = self.is_wanted, False
            return self.is_ringing


def _tell() -> None:
    from .tasks import deliver

    try:
        deliver.apply_async(retry=False)
    except Exception as error:  # noqa: BLE001  # whatever is wrong with the broker, the row is there
        logger.warning("the bell did not ring: %s", type(error).__name__)


_bell = Bell()
os.register_at_fork(after_in_child=_bell.reset)
ring = _bell.ring
