"""What a child process is before it becomes its program: the right user, tied to its parent.

Run as `python -I -S launch.py ORDER`, ORDER being a JSON object. It stands between `fork` and
`exec` as a process of its own: code run in a forked parent that has threads can dead-lock, and
Linux forgets the wish to be told of the parent's death when a process changes its user, so only
code that runs after the change can ask for it. Only the standard library is imported.
"""

import ctypes
import json
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tie_to_parent(parent: int, signal_number: int) -> None:
    """Ask the kernel for a signal when the parent dies, also by SIGKILL (Linux only)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # it died before the wish was heard
            sys.exit(1)


def become(order: dict[str, object]) -> None:
    """Change the user if one is named, tie to the parent, and replace this process."""
    uid, gid = order["uid"], order["gid"]
    if isinstance(uid, int) and isinstance(gid, int):
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    parent, signal_number = order["parent"], order["signal"]
    if isinstance(parent, int) and isinstance(signal_number, int):
        tie_to_parent(parent, signal_number)
    argv = order["argv"]
    if isinstance(argv, list):
        os.execvpe(argv[0], argv, os.environ)


if __name__ == "__main__":
    try:
        become(json.loads(sys.argv[1]))
    except OSError as problem:
        print(f"cannot start: {problem}", file=sys.stderr)
        sys.exit(127)
