"""What both examples need: calls on a session bus, who is at the other end, and where applications are registered."""
import glob
import os
import tomllib

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

DBUS, DBUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
SESSION = "im.rendezvous.Session1"
APPLICATION, APPLICATION_PATH = "im.rendezvous.Application1", "/im/rendezvous/Application"


class Text(str):
    """Until October 2023 dbus-fast (1.84 in Debian 12) counted characters where bytes are due, and lost the connection."""

    def __len__(self):
        return len(self.encode())


def counted(body):
    return [Text(value) if isinstance(value, str) else value for value in body]


class Bus:
    """A connection; `handle` gets every message that comes in, and answers it with what it returns."""

    @classmethod
    async def connect(cls, handle):
        self = cls()
        self.bus = await MessageBus(bus_type=BusType.SESSION).connect()
        self.bus.add_message_handler(handle)
        return self

    async def call(self, to, path, interface, member, signature, body):
        answer = await self.bus.call(Message(to, path, interface, member, signature=signature, body=counted(body)))
        if answer.message_type == MessageType.ERROR:
            raise RuntimeError(f"{member}: {answer.error_name} {answer.body}")
        return answer.body[0] if answer.body else None

    def answer(self, message):
        """A later answer, to a call for which `handle` has returned True."""
        self.bus.send(message)

    async def ask(self, member, signature, body):
        """Asks the bus itself."""
        return await self.call(DBUS, DBUS_PATH, DBUS, member, signature, body)

    async def start(self, name):
        """The connection that has this name; the bus starts one where there is none."""
        if not await self.ask("NameHasOwner", "s", [name]):
            await self.ask("StartServiceByName", "su", [name, 0])
        owner = await self.ask("GetNameOwner", "s", [name])
        await self.watch(owner)
        return owner

    async def watch(self, owner):
        """Another user is refused; and from now on it is heard when this one leaves the bus."""
        await self.ask("AddMatch", "s", [f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{owner}'"])
        if await self.ask("GetConnectionUnixUser", "s", [owner]) != os.getuid():
            raise RuntimeError("this is another user's program")


def has_left(message, owner):
    return (message.message_type == MessageType.SIGNAL and message.sender == DBUS
            and message.member == "NameOwnerChanged" and message.body[0] == owner and not message.body[2])


def registered(guid):
    """The name on the bus of an application, the person's own registrations first."""
    home = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    for place in [home, *(os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")]:
        for file in sorted(glob.glob(f"{place}/rendezvous/apps/*.toml")):
            with open(file, "rb") as manifest:
                about = tomllib.load(manifest)
            if about.get("id", "").upper() == guid.upper() and "dbus" in about:
                return about["dbus"]
    raise SystemExit(f"{guid} is not registered here")
