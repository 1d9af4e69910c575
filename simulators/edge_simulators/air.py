"""The air between virtual radios: bumble's link, with radios that fall silent or are cut off.

Three faults of bumble 0.0.236 are mended here: a cancelled LE connection is completed (Core 5.4,
Vol 4, Part E, 7.8.13), HCI_Reset ends what was going on (7.3.2), and data of a connection comes
from the address with which it was made, whatever random address its host has set since (the kernel
does, for each scan).
"""

from __future__ import annotations

import asyncio

from bumble.controller import Connection, Controller
from bumble.core import PhysicalTransport
from bumble.hci import (
    Address,
    HCI_ErrorCode,
    HCI_LE_Connection_Complete_Event,
    HCI_StatusReturnParameters,
)
from bumble.link import LocalLink
from bumble.ll import AdvertisingPdu, ControlPdu

LONGEST_ACL = 251
"""Octets of a data packet with the Data Length Extension; bumble's default is 27."""


class Air(LocalLink):
    """All controllers within reach of each other."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._silent: set[Controller] = set()

    def silence(self, controller: Controller) -> None:
        """Take a controller out of range: it neither hears nor is heard, and nobody is told."""
        self._silent.add(controller)

    def restore(self, controller: Controller) -> None:
        """Bring it back into range."""
        self._silent.discard(controller)

    def cut(self, controller: Controller) -> None:
        """End all connections of a controller as a supervision time-out does, on both sides."""
        for connection in list(controller.le_connections.values()):
            peer = self.find_le_controller(connection.peer_address)
            theirs = peer.le_connections.get(connection.self_address) if peer else None
            if peer and theirs:
                peer.on_le_disconnected(theirs, HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)
            controller.on_le_disconnected(connection, HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)

    def leave(self, controller: Controller) -> None:
        """Cut a controller off and forget it."""
        self.cut(controller)
        self.restore(controller)
        self.controllers.discard(controller)

    def send_advertising_pdu(self, sender_controller: Controller, packet: AdvertisingPdu) -> None:
        """Let every controller in range hear an advertisement or a connection request."""
        if sender_controller in self._silent:
            return
        loop = asyncio.get_running_loop()
        for controller in self.controllers - self._silent - {sender_controller}:
            loop.call_soon(controller.on_ll_advertising_pdu, packet)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        """Carry data, if both ends are in range."""
        receiver = self.find_le_controller(destination_address)
        connection = sender_controller.le_connections.get(destination_address)
        if receiver and connection and self._silent.isdisjoint({sender_controller, receiver}):
            asyncio.get_running_loop().call_soon(
                receiver.on_link_acl_data, connection.self_address, transport, data
            )

    def send_ll_control_pdu(
        self, sender_address: Address, receiver_address: Address, packet: ControlPdu
    ) -> None:
        """Carry a link layer message; one to a controller that has gone is lost."""
        ends = {self.find_le_controller(a) for a in (sender_address, receiver_address)}
        if None not in ends and self._silent.isdisjoint(ends):
            super().send_ll_control_pdu(sender_address, receiver_address, packet)


class Radio(Controller):
    """One virtual controller in the air."""

    le_acl_data_packet_length = LONGEST_ACL

    def __init__(self, name: str, air: Air) -> None:
        super().__init__(name, link=air)  # pyright: ignore[reportUnknownMemberType]
        self._air = air

    def on_hci_reset_command(self, _command: object) -> HCI_StatusReturnParameters:
        """Reset: no connection, no advertisement, no scan is left (7.3.2)."""
        self._air.cut(self)
        self.pending_le_connection = None
        self.le_legacy_advertiser.stop()
        for advertising in self.advertising_sets.values():
            advertising.stop()
        self.advertising_sets.clear()
        self.le_scan_enable = False
        return HCI_StatusReturnParameters(HCI_ErrorCode.SUCCESS)

    def on_hci_le_create_connection_cancel_command(
        self, _command: object
    ) -> HCI_StatusReturnParameters:
        """Cancel: the pending connection ends with "unknown connection identifier" (7.8.13)."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return HCI_StatusReturnParameters(HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        cancelled = HCI_LE_Connection_Complete_Event(
            status=HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=0,
            peer_address_type=pending.peer_address.address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, cancelled)
        return HCI_StatusReturnParameters(HCI_ErrorCode.SUCCESS)

    def on_le_disconnected(self, connection: Connection, reason: int) -> None:
        """Tell the host once, even when both ends hang up at the same moment."""
        if connection.peer_address in self.le_connections:
            super().on_le_disconnected(connection, reason)
