"""What could be on a disk if the power failed: every moment of a write, judged by what had been synced until then.

A system may keep back whatever was not synced, and write it in any order. So after a loss of power

- a name is any of the files it has been since its folder was last synced, or is missing if it was missing then;
- a file holds what it held when it was last synced; if it has changed since, it may hold anything.

`Disk` listens to the calls that order this, asks after each what the disk may hold, and keeps the worst answers.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path

TORN = b"<anything>"
_CALLS = ("fsync", "replace", "rename", "unlink", "link", "truncate")


class Disk:
    """A folder whose writes are watched.

    Attributes:
        possible: name → every content that a loss of power could have left there so far; None: no file.
        calls: what was called, in order.
    """

    def __init__(self, folder):
        self.folder, self.calls = Path(folder), []
        self._synced = {}  # inode → content when it was last synced
        self._entries = {}  # name → the inodes it may be on the disk
        for name, (inode, content) in self._now().items():
            self._synced[inode], self._entries[name] = content, {inode}
        self._files = dict(self._synced)
        self.possible = {}

    def _now(self):
        found = {}
        for path in self.folder.iterdir():
            if stat.S_ISREG(path.lstat().st_mode):
                found[path.name] = (path.stat().st_ino, path.read_bytes())
        return found

    def look(self):
        """Take down what the disk may hold at this moment."""
        now = self._now()
        self._files |= dict(now.values())
        for name in {*self._entries, *now}:
            inode = now[name][0] if name in now else None
            self._entries.setdefault(name, {None}).add(inode)
            self.possible.setdefault(name, set()).update(self.holds(name))

    def holds(self, name):
        """Every content that a name may have after a loss of power now."""
        contents = set()
        for inode in self._entries.get(name, {None}):
            if inode is None:
                contents.add(None)
            else:
                content = self._files[inode]
                contents.add(content if self._synced.get(inode) == content else TORN)
        return contents

    def _sync(self, descriptor):
        found = os.fstat(descriptor)
        now = self._now()
        if stat.S_ISDIR(found.st_mode):
            if os.path.samestat(found, self.folder.stat()):
                self._entries = {name: {inode} for name, (inode, _) in now.items()}
        else:
            self._synced |= {inode: content for inode, content in now.values() if inode == found.st_ino}

    @contextmanager
    def watched(self, fault=None):
        """Listen while the block runs.

        Args:
            fault: asked before each call, (its name, its first argument); if it says True the call only pretends.
        """
        real = {name: getattr(os, name) for name in _CALLS}

        def listening(name):
            def call(*args, **options):
                self.look()
                if fault is None or not fault(name, args[0]):
                    result = real[name](*args, **options)
                    self.calls.append(name)
                    if name == "fsync":
                        self._sync(args[0])
                    self.look()
                    return result
                return None

            return call

        for name in _CALLS:
            setattr(os, name, listening(name))
        try:
            yield self
        finally:
            for name, call in real.items():
                setattr(os, name, call)
            self.look()
