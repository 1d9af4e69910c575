"""The repository's own files, with or without git: all but what .gitignore names."""

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path


def ignored_names(root: Path) -> list[str]:
    """The patterns of .gitignore, which names files and folders and never paths."""
    lines = (root / ".gitignore").read_text().splitlines()
    return [".git", *(line.rstrip("/") for line in lines if line and not line.startswith("#"))]


def own_files(root: Path) -> Iterator[Path]:
    """Each file that a commit of the whole tree would hold, in order."""
    patterns = ignored_names(root)

    def wanted(name: str) -> bool:
        return not any(fnmatch(name, pattern) for pattern in patterns)

    for folder, folders, files in os.walk(root):
        folders[:] = sorted(filter(wanted, folders))
        yield from (Path(folder) / name for name in sorted(files) if wanted(name))
