"""What do the peers in Python share? Commands come in as lines of JSON, events go out (see ../support/peer.js)."""

import asyncio
import base64
import json
import sys

# A line holds a message of 1 MiB in base64, and more.
LONGEST_LINE = 16 * 1024 * 1024


def emit(event, **details):
    """Tell the test something; payloads are bytes or text."""
    data = details.get("data")
    if data is not None:
        details["data"] = base64.b64encode(data.encode() if isinstance(data, str) else data).decode()
    print(json.dumps({"event": event, **details}), flush=True)


def payloads(command):
    """The fragments of the message that a command asks for: str or bytes."""
    return [base64.b64decode(part) for part in command["parts"]]


class Connections:
    """The connections of a peer, by the number in their commands. Commands of one connection are carried out in turn."""

    def __init__(self, peer):
        self.peer = peer
        self.queues = {}

    def take(self, command):
        """Pass a command on to the connection it is for."""
        number = command["id"]
        if number not in self.queues:
            self.queues[number] = asyncio.Queue()
            asyncio.ensure_future(self.serve(number))
        self.queues[number].put_nowait(command)

    async def serve(self, number):
        """Carry out the commands of a connection."""
        while True:
            command = await self.queues[number].get()
            try:
                await getattr(self.peer, command["do"])(number, command)
            except Exception as error:  # pylint: disable=broad-except
                emit("error", id=number, message=repr(error))


async def run(peer, version):
    """Read commands until there are no more."""
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    connections = Connections(peer)
    emit("ready", version=version)
    while line := await reader.readline():
        connections.take(json.loads(line))
