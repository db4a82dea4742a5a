"""A sample names the process at the other end of each of our connections."""

import asyncio
import os

from processes.child_process import free_port
from tests.faults.connections import client_ports, holders
from tests.faults.link import Link
from tests.needs import needs
from tests.tcp_server import tcp_server

SOON_S = 10.0


@needs("proc")
def test_the_holder_of_a_connection_through_the_link_is_named_while_it_has_it() -> None:
    commands = {"worker 1": os.getpid()}

    async def run() -> None:
        accepted: asyncio.Queue[int] = asyncio.Queue()

        async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.put_nowait(writer.get_extra_info("peername")[1])

        async with tcp_server(accept) as port:
            link = Link(free_port(), lambda: port)
            await link.open()
            _reader, ours = await asyncio.open_connection("127.0.0.1", link.port)
            own_port = ours.get_extra_info("sockname")[1]
            seen_by_server = await accepted.get()
            async with asyncio.timeout(SOON_S):
                # The link learns of its own connection after the server.
                while not client_ports(link):  # noqa: ASYNC110 - there is no event for it
                    await asyncio.sleep(0.01)
            try:
                assert client_ports(link) == {seen_by_server: own_port}
                assert holders(link.port, commands) == {own_port: f"worker 1 ({os.getpid()})"}

                await link.break_("hang")  # which hides from the server that the client is gone
                ours.close()
                await ours.wait_closed()

                assert client_ports(link) == {seen_by_server: own_port}
                assert holders(link.port, commands) == {}
            finally:
                link.close()

    asyncio.run(run())
