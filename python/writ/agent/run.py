"""How commands are run: by writ, as the settings say; or by Neutron's privsep."""
import sys

import writ

from . import turns, waiting
from .settings import settings

_FOR_EVER = 10 ** 9  # seconds


def _options(data):
    drain = _FOR_EVER if settings.drain is None else settings.drain
    options = {
        "drain": drain, "output_max": settings.output_max_bytes, "overflow": "kill",
        "timeout": settings.timeout,
    }
    if settings.drain is None or drain > 2:
        options["drain_max"] = drain
    if data is not None:
        options["input"] = data
    return options


def _options_here(order, data):
    return {**_options(data), "env": order.environment(), "keep_tree": settings.keep_tree}


def _options_asked(order, data):
    """Of the variables writd gets what was added: the rest is its rule's to say."""
    return {**_options(data), "env": order.env or {}, "socket": order.writd.socket}


def run(order, data):
    """Runs a command to its end: a Result. In a green thread the others go on."""
    if order.writd is not None:
        return writ.ask(order.words, **_options_asked(order, data))
    if waiting.here() == waiting.GREEN:
        turns.wait()
    return writ.run(order.argv, **_options_here(order, data))


async def run_awaited(order, data):
    """The same for an asyncio loop."""
    if order.writd is not None:
        return await writ.aio.ask(order.words, **_options_asked(order, data))
    return await writ.aio.run(order.argv, **_options_here(order, data))


def neutron_privsep():
    """Neutron's own way to run a command by privsep; None where Neutron is not loaded."""
    if "neutron" not in sys.modules:
        return None
    try:
        from neutron.privileged.agent.linux import utils
    except ImportError:
        return None
    return getattr(utils, "execute_process", None)
