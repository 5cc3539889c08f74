"""Runs a program that ends with the process that started it, however that ends. It imports no part of this project.

    python -I -S supervisor.py PARENT PROGRAM [ARGUMENT ...]

PARENT is the identifier of that process. The program, and what it starts (Terraform starts a provider), are killed if
PARENT ends or this process gets SIGTERM. It looks for the end of PARENT five times a second, because a signal at the
death of a parent exists on Linux only, and is not inherited by the provider.
"""

import os
import signal
import sys
from types import FrameType

_SECONDS = 0.2


def main() -> None:
    """Run the program and exit with its code."""
    parent, *command = sys.argv[1:]

    def end(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM or os.getppid() != int(parent):
            os.killpg(0, signal.SIGKILL)

    # A group without the parent: neither Ctrl-C nor a signal to the parent's group reaches it.
    os.setsid()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS, _SECONDS)
    child = os.fork()
    if not child:
        os.execvp(command[0], command)  # noqa: S606 - an argument list of this project, without a shell
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    # An alarm while the interpreter ends, without the handler, would end this process with another code.
    signal.setitimer(signal.ITIMER_REAL, 0)
    sys.exit(code if code >= 0 else 128 - code)


main()
