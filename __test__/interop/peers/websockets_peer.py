"""websockets as a peer: does what the commands on its standard input say (see ../support/peer.js)."""

import asyncio

import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from peer import emit, payloads, run

# No pings of its own, and nothing is too long.
OPTIONS = {"ping_interval": None, "max_size": None}


class Peer:
    """The commands."""

    def __init__(self):
        self.open = {}
        self.servers = []

    async def connect(self, number, command):
        """Open a connection."""
        connection = await connect(
            command["url"],
            subprotocols=command["protocols"] or None,
            compression="deflate" if command["deflate"] else None,
            proxy=None,
            **OPTIONS,
        )
        self.watch(number, connection)

    async def listen(self, number, command):
        """Accept a connection."""

        async def accept(connection):
            await self.watch(number, connection)

        server = await serve(
            accept,
            "127.0.0.1",
            0,
            subprotocols=command["protocols"] or None,
            compression="deflate" if command["deflate"] else None,
            **OPTIONS,
        )
        self.servers.append(server)
        emit("listening", id=number, port=server.sockets[0].getsockname()[1])

    def watch(self, number, connection):
        """Tell everything about a connection."""
        self.open[number] = connection
        names = [extension.name for extension in connection.protocol.extensions]
        emit("open", id=number, protocol=connection.subprotocol or "", extensions=", ".join(names))
        return asyncio.ensure_future(receive(number, connection))

    async def send(self, number, command):
        """Send a message, each part as a fragment."""
        parts = payloads(command)
        if len(parts) > 1:
            await self.open[number].send(iter(parts), text=command["kind"] == "text")
        else:
            await self.open[number].send(parts[0], text=command["kind"] == "text")

    async def ping(self, number, command):
        """Ping, and wait for the pong that belongs to it."""
        (data,) = payloads({"parts": [command["data"]]})
        await (await self.open[number].ping(data))
        emit("pong", id=number, data=data)

    async def close(self, number, command):
        """Close the connection."""
        await self.open[number].close(command.get("code", 1000), command.get("reason", ""))


async def receive(number, connection):
    """Tell of messages until there are no more."""
    try:
        async for message in connection:
            emit("message", id=number, kind="text" if isinstance(message, str) else "binary", data=message)
    except websockets.ConnectionClosed:
        pass
    await connection.wait_closed()
    emit("close", id=number, code=connection.close_code, reason=connection.close_reason)


asyncio.run(run(Peer(), f"websockets {websockets.__version__}"))
