"""How commands are run: by writ, as the settings say; or by Neutron's privsep."""
import sys

import writ

from . import turns, waiting
from .settings import settings

_FOR_EVER = 10 ** 9  # seconds


def _options(env, data):
    drain = _FOR_EVER if settings.drain is None else settings.drain
    options = {
        "env": env, "keep_tree": settings.keep_tree, "drain": drain,
        "output_max": settings.output_max_bytes, "overflow": "kill",
        "timeout": settings.timeout,
    }
    if settings.drain is None or drain > 2:
        options["drain_max"] = drain
    if data is not None:
        options["input"] = data
    return options


def run(argv, env, data):
    """Runs a command to its end: a Result. In a green thread the others go on."""
    if waiting.here() == waiting.GREEN:
        turns.wait()
    return writ.run(argv, **_options(env, data))


async def run_awaited(argv, env, data):
    """The same for an asyncio loop."""
    return await writ.aio.run(argv, **_options(env, data))


def neutron_privsep():
    """Neutron's own way to run a command by privsep; None where Neutron is not loaded."""
    if "neutron" not in sys.modules:
        return None
    try:
        from neutron.privileged.agent.linux import utils
    except ImportError:
        return None
    return getattr(utils, "execute_process", None)
