"""Two folders of one file system change places in one step, where the system can do that."""

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
#: Said by kernels and file systems that do not know how.
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change places; False where it cannot be done in one step. OSError where it fails."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)  # Linux alone has it
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(other))
