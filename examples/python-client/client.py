"""How does a program in Python talk to a server of Upshift? As to any other: with the package websockets.

    pip install websockets
    python client.py ws://127.0.0.1:PORT/echo       # examples/http.js prints its port
"""

import asyncio
import contextlib
import signal
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def talk(url):
    """Say hello, and print what comes back; when the connection ends, begin again."""
    # Iterating over connect() reconnects, after growing and random delays. It gives up on its own where trying again
    # would change nothing: on a refusal like 401 or 404. The library pings every 20 s, and notices who is gone.
    async for connection in connect(url, max_size=64 * 1024, open_timeout=10):
        # The end of a connection is an exception for who sends; for who iterates only a bad end is.
        with contextlib.suppress(ConnectionClosed):
            await connection.send("hello from Python")
            # Text comes as str, bytes as bytes.
            async for message in connection:
                print(f"received {message!r}", flush=True)
        # 1001 and 1012: the server goes away or restarts. Most others tell of a mistake, as 1009 (too big).
        print(f"closed: {connection.close_code} {connection.close_reason}", flush=True)


async def main(url):
    """Talk until Ctrl-C."""
    talking = asyncio.create_task(talk(url))
    # A cancelled task leaves its connection through the closing handshake; KeyboardInterrupt would tear it down.
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, talking.cancel)
    try:
        await talking
    except asyncio.CancelledError:
        print("bye", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8080/echo"))
