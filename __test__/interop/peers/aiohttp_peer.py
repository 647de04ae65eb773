"""aiohttp as a peer: does what the commands on its standard input say (see ../support/peer.js)."""

import asyncio

import aiohttp
from aiohttp import WSMsgType, web

from peer import emit, payloads, run

# Nothing is too long, and pings and pongs are told of instead of being handled in silence.
OPTIONS = {"max_msg_size": 0, "autoping": False}


class Peer:
    """The commands."""

    def __init__(self):
        self.open = {}
        self.session = None
        self.runners = []
        self.closing = {}

    async def connect(self, number, command):
        """Open a connection."""
        self.session = self.session or aiohttp.ClientSession()
        connection = await self.session.ws_connect(
            command["url"], protocols=command["protocols"], compress=15 if command["deflate"] else 0, **OPTIONS
        )
        asyncio.ensure_future(self.watch(number, connection, connection.protocol))

    async def listen(self, number, command):
        """Accept a connection."""

        async def accept(request):
            connection = web.WebSocketResponse(
                protocols=command["protocols"], compress=command["deflate"], **OPTIONS
            )
            await connection.prepare(request)
            await self.watch(number, connection, connection.ws_protocol)
            return connection

        app = web.Application()
        app.router.add_get("/", accept)
        runner = web.AppRunner(app)
        await runner.setup()
        self.runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        emit("listening", id=number, port=runner.addresses[0][1])

    async def watch(self, number, connection, protocol):
        """Tell everything about a connection."""
        self.open[number] = connection
        extensions = "permessage-deflate" if connection.compress else ""
        emit("open", id=number, protocol=protocol or "", extensions=extensions)
        code, reason = 1006, ""
        # Not `async for`: that swallows the close frame, and with it the reason.
        while True:
            message = await connection.receive()
            if message.type is WSMsgType.TEXT:
                emit("message", id=number, kind="text", data=message.data)
            elif message.type is WSMsgType.BINARY:
                emit("message", id=number, kind="binary", data=message.data)
            elif message.type is WSMsgType.PING:
                emit("ping", id=number, data=bytes(message.data))
                await connection.pong(message.data)
            elif message.type is WSMsgType.PONG:
                emit("pong", id=number, data=bytes(message.data))
            elif message.type is WSMsgType.ERROR:
                emit("error", id=number, message=repr(message.data))
                break
            elif message.type is WSMsgType.CLOSE:
                code, reason = message.data or 1005, message.extra or ""
                break
            else:
                break
        if number in self.closing:
            await self.closing[number]
            # A server that closes while it receives says 1000, whatever the answer was.
            code = None if isinstance(connection, web.WebSocketResponse) else connection.close_code
        emit("close", id=number, code=code, reason=reason)

    async def send(self, number, command):
        """Send a message."""
        (data,) = payloads(command)
        if command["kind"] == "text":
            await self.open[number].send_str(data.decode())
        else:
            await self.open[number].send_bytes(data)

    async def ping(self, number, command):
        """Ping."""
        await self.open[number].ping(*payloads({"parts": [command["data"]]}))

    async def close(self, number, command):
        """Close the connection."""
        code, reason = command.get("code", 1000), command.get("reason", "")
        self.closing[number] = asyncio.ensure_future(self.open[number].close(code=code, message=reason.encode()))
        await self.closing[number]


asyncio.run(run(Peer(), f"aiohttp {aiohttp.__version__}"))
