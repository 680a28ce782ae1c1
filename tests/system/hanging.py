"""A file system that hangs: whoever asks it anything waits for an answer that never comes.

It is FUSE, and we are its server.
"""
import contextlib
import ctypes
import os
import struct
import threading

import pytest

MS_NOSUID, MS_NODEV = 2, 4
MNT_FORCE, MNT_DETACH = 1, 2
REQUEST_BYTES = 1 << 17  # more than FUSE_MIN_READ_BUFFER
INIT_FLAGS, INIT_WRITE_BYTES = 0, 4096

_libc = ctypes.CDLL(None, use_errno=True)


def _mount(device, where):
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    if _libc.mount(b"hanging", where, b"fuse", ctypes.c_ulong(MS_NOSUID | MS_NODEV),
                   options.encode()) < 0:
        raise OSError(ctypes.get_errno(), "mount")


def _unmount(where):
    """What waits there goes on, with an error: MNT_FORCE aborts the connection."""
    if _libc.umount2(where, MNT_FORCE | MNT_DETACH) < 0:
        raise OSError(ctypes.get_errno(), "umount2")


def _take_requests(device):
    """The first one is FUSE_INIT; no other is answered."""
    with contextlib.suppress(OSError):  # ENODEV: unmounted
        unique = struct.unpack_from("=IIQ", os.read(device, REQUEST_BYTES))[2]
        init = struct.pack("=IIIIHHI", 7, 31, 0, INIT_FLAGS, 1, 1, INIT_WRITE_BYTES).ljust(64, b"\0")
        os.write(device, struct.pack("=IiQ", 16 + len(init), 0, unique) + init)
        while True:
            os.read(device, REQUEST_BYTES)


@contextlib.contextmanager
def hanging(where, for_good=False):
    """Mounts it there until the end of the block. Who waits can be killed; or not, if
    `for_good`: then the server has taken the request, and the kernel waits for it
    in state D.
    """
    try:
        device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    except OSError as why:
        pytest.skip(f"no FUSE here: {why}")
    server = threading.Thread(target=_take_requests, args=(device,))
    try:
        try:
            _mount(device, os.fsencode(where))
        except OSError as why:
            pytest.skip(f"may not mount FUSE: {why}")
        try:
            if for_good:
                server.start()
            yield where
        finally:
            _unmount(os.fsencode(where))
            if for_good:
                server.join()
    finally:
        os.close(device)
