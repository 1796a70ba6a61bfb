"""The bell that tells a worker to look at the outbox. What is to be sent stands in rows; a bell may be lost."""

import logging

logger = logging.getLogger(__name__)


def ring() -> None:
    """Have a worker look now. Where that cannot be said, it looks by itself before long."""
    from .tasks import deliver

    try:
        deliver.apply_async(retry=False)
    except deliver.OperationalError as error:
        logger.warning("the bell did not ring: %s", type(error).__name__)
