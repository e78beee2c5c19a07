#!/usr/bin/python3
"""An IM program of two people whom a socket connects: `im.py listen SOCKET ME`, and `im.py invite SOCKET ME GUID`.

Whoever listens is asked. After a yes both start the application that is registered under this GUID and relay what it
says. What an IM program must do is in docs/for-im-authors.md. Needs Debian's python3-dbus-fast.
"""
import asyncio
import json
import sys
import uuid

from dbus_fast import Message, MessageType, Variant

from bus import APPLICATION, APPLICATION_PATH, SESSION, Bus, Text, counted, has_left, registered

PATH = "/org/example/im/session"
ACCEPTED, CONNECTED, CANCELLED, TERMINATED = 3, 4, 5, 7
LAUNCH_FAILED, LOCAL, REMOTE, LOST = 0x81000601, 0x81000606, 0x81000607, 0x81000603
PROPERTIES = {"State": "u", "RemoteUser": "s", "Flags": "u", "SessionId": "s", "Application": "s"}


class Session:
    def __init__(self, reader, writer, me, about, flags):
        self.reader, self.writer, self.me, self.owner = reader, writer, me, None
        self.attached, self.over = set(), asyncio.get_running_loop().create_future()
        self.values = dict(zip(PROPERTIES, (ACCEPTED, Text(about["them"]), flags, about["id"], about["app"])))

    async def run(self):
        """Starts the application, hands the session over, and relays until it is over."""
        self.bus = await Bus.connect(self.handle)
        relay = asyncio.ensure_future(self.relay())
        # It is over as well when it says what cannot be read or passed on.
        relay.add_done_callback(lambda r: r.cancelled() or self.fail(f"the other side is lost: {r.exception()!r}", LOST))
        try:
            await asyncio.wait_for(self.hand_over(registered(self.values["Application"])), 20)
            self.tell({"attached": True})
            self.attach("here")
        except (RuntimeError, asyncio.TimeoutError) as error:
            self.fail(f"it cannot be started: {error}")
        print(f"ended with {await self.over:#x}", flush=True)
        relay.cancel()

    async def hand_over(self, name, pause=0.05):
        try:
            # From here on it is this connection, whoever gets the name later.
            self.owner = await self.bus.start(name)
            body = [PATH, {"Network": Variant("s", "nearby"), "LocalUser": Variant("s", Text(self.me))}]
            await self.bus.call(self.owner, APPLICATION_PATH, APPLICATION, "SetRendezvousSession", "oa{sv}", body)
        except RuntimeError as error:
            # One that takes a session after the other, and is about to give up its name.
            if not any(busy in str(error) for busy in ("LimitsExceeded", "NameHasNoOwner")):
                raise
            self.owner = None
            await asyncio.sleep(pause)
            await self.hand_over(name, 2 * pause)

    async def relay(self):
        """What the other side's IM program says. It is another computer's word: checked, and bounded by the reader."""
        async for line in self.reader:
            said = json.loads(line)
            if said.get("attached"):
                self.attach("there")
            elif isinstance(said.get("context"), str) and self.values["State"] == CONNECTED:
                self.signal("ContextData", "s", [said["context"]])
            elif isinstance(said.get("end"), int):
                state, result = TERMINATED if said.get("failed") else CANCELLED, said["end"] & 0xFFFFFFFF or REMOTE
                self.end(state, result, str(said.get("data", "")))

    def handle(self, message):
        if has_left(message, self.owner):
            self.fail("the application is gone")
        if message.message_type != MessageType.METHOD_CALL:
            return None
        if message.sender != self.owner:
            return Message.new_error(message, "org.freedesktop.DBus.Error.AccessDenied", "this is not yours to use")
        call = (message.member, message.signature)
        every = {name: Variant(kind, self.values[name]) for name, kind in PROPERTIES.items()}
        if call == ("Get", "ss") and message.body[1] in PROPERTIES:
            return Message.new_method_return(message, "v", [every[message.body[1]]])
        if call == ("GetAll", "s"):
            return Message.new_method_return(message, "a{sv}", [every])
        size = len(message.body[-1].encode()) if call[1] in ("s", "us") else 0
        if call == ("SendContextData", "s") and self.values["State"] == CONNECTED and size <= 65536:
            self.tell({"context": message.body[0]})
            return Message.new_method_return(message)
        if call == ("Terminate", "us") and not self.over.done() and size <= 512:
            self.tell({"end": message.body[0], "data": message.body[1]})
            self.end(CANCELLED, message.body[0] or LOCAL, message.body[1])
            return Message.new_method_return(message)
        return Message.new_error(message, "org.freedesktop.DBus.Error.Failed", "not now")

    def attach(self, where):
        self.attached.add(where)
        if self.attached == {"here", "there"} and self.values["State"] == ACCEPTED:
            self.change(CONNECTED)

    def change(self, state):
        previous, self.values["State"] = self.values["State"], state
        self.signal("StateChanged", "uu", [previous, state])

    def fail(self, why, result=LAUNCH_FAILED):
        if not self.over.done():
            print(why, flush=True)
            self.tell({"end": result, "data": "", "failed": True})
            self.end(TERMINATED, result, "")

    def end(self, state, result, data):
        if not self.over.done():
            self.over.set_result(result)
            self.change(state)
            self.signal("Ended", "us", [result, data])

    def signal(self, member, signature, body):
        if self.owner:
            self.bus.bus.send(Message(self.owner, PATH, SESSION, member, MessageType.SIGNAL, signature=signature, body=counted(body)))

    def tell(self, what):
        self.writer.write(json.dumps(what).encode() + b"\n")


async def play(reader, writer, me, guid):
    if guid:
        about = {"id": "{%s}" % str(uuid.uuid4()).upper(), "app": guid}
        writer.write(json.dumps({**about, "from": me}).encode() + b"\n")
        said = json.loads(await reader.readline() or "{}")
    else:
        about = said = json.loads(await reader.readline() or "{}")
        print(f"{said['from']!r} invites you to {said['app']!r}. Answer? [y/N]", flush=True)
        said["yes"] = (await asyncio.to_thread(sys.stdin.readline)).strip() == "y"
        writer.write(json.dumps({"yes": said["yes"], "from": me}).encode() + b"\n")
    if said.get("yes") is not True:
        return print("declined", flush=True)
    await Session(reader, writer, me, {**about, "them": str(said["from"])}, 1 if guid else 2).run()
    await writer.drain()


async def main(verb, socket, me, guid=None):
    if verb == "invite":
        return await play(*await asyncio.open_unix_connection(socket, limit=1 << 20), me, guid)
    over = asyncio.Event()

    async def once(reader, writer):
        await play(reader, writer, me, None)
        over.set()

    async with await asyncio.start_unix_server(once, socket, limit=1 << 20):
        await over.wait()


asyncio.run(main(*sys.argv[1:]))
