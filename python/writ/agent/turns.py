"""One start in each turn of a hub.

To start a program takes the hub's thread some tenths of a millisecond. Where
hundreds of green threads start one at the same moment, nobody else would have a
turn until all of them have; so they pass a gate, one a turn, and in between the
hub does what is due.
"""
import collections
import sys
import weakref


class _Gate:
    def __init__(self, hub):
        self._hub = weakref.ref(hub)
        self._is_shut = False  # somebody passed in this turn of the hub
        self._waiting = collections.deque()

    def wait(self):
        """Comes back when it is the caller's turn."""
        if self._is_shut:
            from eventlet.event import Event
            event = Event()
            self._waiting.append(event)
            try:
                event.wait()
            except BaseException:
                # who is thrown out when it is his turn leaves that unused: the next
                # one's comes all the same
                if event in self._waiting:
                    self._waiting.remove(event)
                raise
        else:
            self._shut()

    def _shut(self):
        self._is_shut = True
        self._hub().schedule_call_global(0, self._open)

    def _open(self):
        """In the next turn: lets one more pass, who shuts the gate behind him."""
        self._is_shut = False
        if self._waiting:
            self._shut()
            self._waiting.popleft().send()


_gates = weakref.WeakKeyDictionary()  # hub: its gate


def wait():
    """In a green thread: waits until it may start a program."""
    hub = sys.modules["eventlet.hubs"].get_hub()
    gate = _gates.get(hub)
    if gate is None:
        gate = _gates[hub] = _Gate(hub)
    gate.wait()
