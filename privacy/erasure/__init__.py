"""Erasing who left: rows with a state say what is to be done, and any worker does it.

``plan`` says which steps there are, ``engine`` takes them, ``steps`` says what each does. ``rows`` removes what one
model holds, ``withholding`` puts aside what the law forbids to erase, ``certificate`` says in the end what was done.
"""

from .requesting import erase_again, erase_now

__all__ = ["erase_again", "erase_now"]
