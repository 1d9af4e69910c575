"""What every table of a spec is, and the words that their keys are made of."""

from __future__ import annotations

from typing import Annotated

import msgspec

Name = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="a small letter, then small letters, digits and `_`, as `heart_rate`",
    ),
]
"""Of a field, a bit range, a decoder."""
Slug = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description="small letters and digits, joined by `-`, as `heart-rate`",
    ),
]
"""Of a device, a part, a kind."""
Condition = str
"""Terms joined by ` and `: `flag`, `not flag`, `field == 5`, `not field == 5`.

A bare name is true when its field is there and not 0. The name `remaining` is the number of octets
not yet read, so `remaining == 2` says "if two octets are left, they are this".
"""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a spec: unknown keys are refused."""
