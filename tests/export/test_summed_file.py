"""A file that a thread writes is the one that was asked for, and tells of a full disk."""

import errno
import hashlib
import os
import random
from pathlib import Path

import pytest

from caravan_crawler.publish.dataset import summed_file
from caravan_crawler.publish.dataset.summed_file import SummedFile
from tests.disks import SmallDisk


def test_size_and_sum_are_those_of_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summed_file, "_PIECE", 1000)
    monkeypatch.setattr(summed_file, "_SYNC_EVERY", 5000)
    dice = random.Random(1)
    parts = [dice.randbytes(dice.choice((0, 1, 10, 999, 1000, 30_000))) for _ in range(300)]
    file = SummedFile(tmp_path / "file")
    for part in parts:
        file.write(bytearray(part))
    file.close()
    file.close()
    content = (tmp_path / "file").read_bytes()
    assert content == b"".join(parts)
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_full_disk_is_told_soon_and_at_the_end(small_disk: SmallDisk) -> None:
    full = os.strerror(errno.ENOSPC)
    file = SummedFile(small_disk.path / "file")
    with pytest.raises(OSError, match=full):  # noqa: PT012 - how many are taken before depends on the thread
        for _ in range(30):
            file.write(bytes(1 << 20))
    with pytest.raises(OSError, match=full):
        file.close()
    file.close()
    assert file.closed
    file = SummedFile(small_disk.path / "another")
    file.write(b"a little, which only the end brings to the disk")
    with pytest.raises(OSError, match=full):
        file.close()
