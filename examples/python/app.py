#!/usr/bin/python3
"""A two-person application: whoever invited asks how the other is called, hears it, and ends it.

It runs from the session bus. For a try:

    ~/.local/share/dbus-1/services/org.example.Names.service      [D-BUS Service]
                                                                  Name=org.example.Names
                                                                  Exec=/usr/bin/python3 /path/of/app.py NAME
    names.toml, for `rendezvous apps register names.toml`         id = "{9B0C7D54-9C1E-4C5B-8F6A-0D3C5D1B7A11}"
                                                                  name = "Names"
                                                                  dbus = "org.example.Names"

What it must do is in docs/for-application-authors.md, and every member in docs/dbus. Needs Debian's python3-dbus-fast.
"""
import asyncio
import sys

from dbus_fast import Message, MessageType

from bus import APPLICATION_PATH, SESSION, Bus, has_left

NAME = "org.example.Names"
INVITER, CONNECTED, FINAL = 1, 4, (5, 6, 7)
MOST = 200  # Of what comes from elsewhere, no more than this is looked at.


class Names:
    def __init__(self, me):
        self.me = me
        self.owner = self.path = None
        self.flags = 0
        self.asked = False
        self.over = asyncio.get_running_loop().create_future()

    def handle(self, message):
        """Everything that comes in. What is returned is the answer; True: nobody else needs to see it."""
        if message.message_type == MessageType.METHOD_CALL and message.path == APPLICATION_PATH:
            if message.member == "SetRendezvousSession" and message.signature == "oa{sv}":
                return self.take(message)
        elif has_left(message, self.owner):
            if self.path:
                self.end("the IM program is gone")
            self.owner = None
        # Only the program that handed the session over speaks for it.
        elif message.message_type == MessageType.SIGNAL and message.sender == self.owner:
            if message.path == self.path and message.interface == SESSION:
                self.hear(message.member, message.body)
        return None

    def take(self, message):
        if self.owner:
            return Message.new_error(message, "org.freedesktop.DBus.Error.LimitsExceeded", "one at a time")
        self.owner = message.sender
        self.go(self.begin(message))
        return True

    async def begin(self, call):
        """Whose is it, who are we, and is it connected already? Both orders happen."""
        try:
            await self.bus.watch(call.sender)
        except RuntimeError as error:
            # Another user's, or it has left: nothing of it was taken.
            if self.owner == call.sender:
                self.owner = None
            return self.bus.answer(Message.new_error(call, "org.freedesktop.DBus.Error.AccessDenied", str(error)))
        if self.owner != call.sender:
            return
        self.path = call.body[0]
        self.bus.answer(Message.new_method_return(call))
        # The next session finds another process.
        await self.bus.ask("ReleaseName", "s", [NAME])
        self.flags = await self.get("Flags")
        if await self.get("State") == CONNECTED:
            await self.connected()

    def hear(self, member, body):
        if member == "StateChanged" and body[1] == CONNECTED:
            self.go(self.connected())
        elif member == "ContextData":
            self.go(self.heard(body[0][:MOST]))
        elif member == "Ended":
            self.end(f"ended with {body[0]:#x}")

    async def connected(self):
        if self.flags & INVITER and not self.asked:
            self.asked = True
            await self.send("who are you?")

    async def heard(self, text):
        say(f"heard: {text}")
        if self.flags & INVITER:
            await self.session("Terminate", "us", [0, ""])
        elif text == "who are you?":
            await self.send(f"I am {self.me}")

    async def send(self, text):
        await self.session("SendContextData", "s", [text])

    async def session(self, member, signature, body):
        return await self.call(SESSION, member, signature, body)

    async def get(self, name):
        properties = "org.freedesktop.DBus.Properties"
        return (await self.call(properties, "Get", "ss", [SESSION, name])).value

    async def call(self, interface, member, signature, body):
        return await self.bus.call(self.owner, self.path, interface, member, signature, body)

    def go(self, step):
        """Takes a step; the end, if it fails."""
        async def guarded():
            try:
                await step
            except RuntimeError as error:
                self.end(str(error))
        asyncio.ensure_future(guarded())

    def end(self, why):
        if not self.over.done():
            self.over.set_result(why)


def say(text):
    # What others sent must not steer a terminal.
    print("".join(c if c.isprintable() else "·" for c in text), flush=True)


async def main():
    names = Names(sys.argv[1] if len(sys.argv) > 1 else "nobody")
    names.bus = await Bus.connect(names.handle)
    await names.bus.ask("RequestName", "su", [NAME, 4])
    say(await asyncio.wait_for(names.over, 600))


asyncio.run(main())
