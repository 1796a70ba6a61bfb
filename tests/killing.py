"""What ``kill -9`` looks like from inside."""


class Killed(BaseException):
    """Stands for the end of a process: nothing of ours catches it, and nothing after it runs."""
