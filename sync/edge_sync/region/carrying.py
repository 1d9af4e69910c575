"""What comes on a stick goes into the same record, by the same ids; receipts may go back on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edge_agent.model.errors import WireError
from edge_sync.carry import receipts
from edge_sync.carry.export import SUFFIX, write_whole
from edge_sync.carry.sealed import MAX_OCTETS, unseal
from edge_sync.keys import Keyring, Signer
from edge_sync.region.recorder import Recorder
from edge_sync.wire import messages
from edge_sync.wire.messages import Batch, Receipt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


class Imported(msgspec.Struct, frozen=True):
    """What came of an import.

    Attributes:
        files: that were read.
        records: that are new.
        repeats: that were in the record already.
        refused: files that were not, and why.
        receipts: files with receipts that were written beside them.
    """

    files: int
    records: int
    repeats: int
    refused: tuple[tuple[str, str], ...]
    receipts: int = 0


class Importer:
    """Reads sticks.

    Args:
        recorder: the record.
        key: the region's private key, X25519.
        gateways: whose files are believed, by the gateways' paths.
        signer: signs receipts to carry back; None makes none.
    """

    def __init__(
        self,
        recorder: Recorder,
        key: X25519PrivateKey,
        gateways: Keyring,
        signer: Signer | None = None,
    ) -> None:
        self._recorder = recorder
        self._key = key
        self._gateways = gateways
        self._signer = signer

    def run(self, folder: Path) -> Imported:
        """Read all files of a folder, each in a commit of its own; twice does no harm.

        Raises:
            sqlite3.Error: the record cannot be written; what was said to be read is in it.
            OSError: the folder cannot be read, or no receipts be written into it.
        """
        before = msgspec.structs.replace(self._recorder.tally)
        refused: list[tuple[str, str]] = []
        latest: dict[tuple[str, str, str], Receipt] = {}
        files = sorted(folder.glob(f"*{SUFFIX}"))
        for file in files:
            try:
                batch = self._batch(file)
            except WireError as error:
                refused.append((file.name, str(error)))
                continue
            for receipt in self._recorder.record([batch], []):
                latest[receipt.gateway, receipt.epoch, receipt.lane] = receipt
        tally = self._recorder.tally
        return Imported(
            files=len(files) - len(refused),
            records=tally.records - before.records,
            repeats=tally.repeats - before.repeats,
            refused=tuple(refused),
            receipts=self._answer(folder, list(latest.values())),
        )

    def _batch(self, file: Path) -> Batch:
        """What a file holds.

        Raises:
            WireError: it is not believed, or not what it says.
        """
        if file.stat().st_size > MAX_OCTETS:
            raise WireError(f"it is beyond {MAX_OCTETS} octets")
        header, message = unseal(file.read_bytes(), self._gateways, self._key)
        batch = messages.decode_batch(message)
        if (batch.gateway, batch.epoch, batch.lane) != (header.gateway, header.epoch, header.lane):
            raise WireError("its header is not of what it holds")
        return batch

    def _answer(self, folder: Path, found: list[Receipt]) -> int:
        if self._signer is None:
            return 0
        for receipt in found:
            name = receipts.name(receipt)
            write_whole(folder / name, receipts.sign(receipt, self._signer))
        return len(found)
