"""Full and read-only disks."""

import os
import subprocess
from pathlib import Path

from tests.support.optional_parts import do_without


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


class SmallDisk:
    """A file system of a few megabytes."""

    def __init__(self, path: Path, megabytes: float) -> None:
        self.path = path
        path.mkdir()
        self._mount(megabytes)

    def _mount(self, megabytes: float, *options: str) -> None:
        size = ",".join([*options, f"size={int(megabytes * 1024)}k"])
        mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.path)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            do_without("no file system can be mounted here, for a small disk")

    def grow(self, megabytes: float) -> None:
        self._mount(megabytes, "remount")

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", self.path], check=True)
