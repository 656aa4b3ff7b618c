"""The errors that reach a person: one line each, caught only where the program exits."""

from __future__ import annotations


class StackyardError(Exception):
    """Something a person can mend: ``<where>: <what, with the value>; <what to do>``."""

    status = 1


class BuildError(StackyardError):
    """The sources or parameter files are wrong."""


class UsageError(StackyardError):
    """The command line is wrong."""

    status = 2


class DeployError(StackyardError):
    """AWS, or the way to it, refused."""

    status = 3


class TaskError(DeployError):
    """A command in a task of its own failed."""

    status = 6


class DataLossError(DeployError):
    """A change would lose data that nobody has named."""

    status = 4
