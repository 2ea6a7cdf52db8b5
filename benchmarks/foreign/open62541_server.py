"""An OPC UA server on open62541 (the `o6` package): `python open62541_server.py PORT`.

One value moves, one can be written. The package ends by itself after ten minutes without a licence.
"""

import sys
import time

import o6

server = o6.Server(port=int(sys.argv[1]))
moving = server.addVariable("Moving", server.objectsNode, o6.Double(0.0), nodeId="ns=1;s=Moving")
server.addVariable("SetPoint", server.objectsNode, o6.Double(25.0), nodeId="ns=1;s=SetPoint")
server.start()
sys.stdout.write("ready\n")
sys.stdout.flush()
n = 0
while True:
    n += 1
    moving(o6.Double(float(n)))
    time.sleep(0.1)
