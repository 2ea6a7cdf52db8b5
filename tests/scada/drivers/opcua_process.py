"""An OPC UA server in a process of its own, to be stopped, frozen and killed by tests.

python opcua_process.py PORT COUNT [VALUE]
"""

import asyncio
import sys

from asyncua import Server, ua


async def make_server(port: int, count: int, value: float = 0.0):
    """A server with `count` Float variables V0 ... in folders of 100; (server, variables)."""
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/ringmain")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    space = await server.register_namespace("urn:ringmain:test")
    assert space == 2
    variables = []
    for i in range(count):
        if i % 100 == 0:
            folder = await server.nodes.objects.add_folder(space, f"F{i}")
        variable = await folder.add_variable(
            ua.NodeId(f"V{i}", space), f"V{i}", value + i, ua.VariantType.Float
        )
        await variable.set_writable()
        variables.append(variable)
    await server.start()
    return server, variables


async def _main() -> None:
    port, count = int(sys.argv[1]), int(sys.argv[2])
    await make_server(port, count, float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
