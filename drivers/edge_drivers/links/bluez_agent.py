"""What BlueZ asks while a device is paired, over D-Bus (doc/org.bluez.Agent.rst).

dbus-fast reads the annotations as D-Bus types, so they are not put off here as they are elsewhere.
"""

from dbus_fast import DBusError
from dbus_fast.annotations import DBusObjectPath, DBusStr, DBusUInt16, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method

from edge_agent.model.errors import LinkRefusedError
from edge_drivers.links.radios import Passkey

REJECTED = "org.bluez.Error.Rejected"


class Agent(ServiceInterface):
    """Answers BlueZ's questions while a person pairs a device."""

    def __init__(self, passkey: Passkey) -> None:
        super().__init__("org.bluez.Agent1")
        self._passkey = passkey

    @dbus_method("Release")
    def release(self) -> None:
        """BlueZ needs it no more."""

    @dbus_method("RequestPasskey")
    async def passkey(self, _device: DBusObjectPath) -> DBusUInt32:
        """The six digits that the device shows."""
        try:
            return await self._passkey()
        except LinkRefusedError as error:
            raise DBusError(REJECTED, str(error)) from error

    @dbus_method("RequestAuthorization")
    def just_works(self, _device: DBusObjectPath) -> None:
        """It shows nothing: a person named it, and that is enough."""

    @dbus_method("AuthorizeService")
    def service(self, _device: DBusObjectPath, _uuid: DBusStr) -> None:
        """The device that is being paired may use what it is for."""

    @dbus_method("DisplayPasskey")
    def display(self, _device: DBusObjectPath, _passkey: DBusUInt32, _entered: DBusUInt16) -> None:
        """Nobody looks at a box without a screen."""

    @dbus_method("Cancel")
    def cancel(self) -> None:
        """BlueZ asks no longer."""
