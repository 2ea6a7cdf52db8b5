"""An OPC UA client on open62541 (the `o6` package) at our face: `... URL POINT`.

Reads the point and hears three values of it; prints them as a JSON line.
"""

import json
import sys
import time

import o6

url, point = sys.argv[1:]
node = f"ns=2;s={point}"
heard: list[float] = []
with o6.Client(url) as client:
    read = float(client.read(node))
    client.monitor(node, lambda value: heard.append(float(value)), samplingInterval=100.0)
    end = time.monotonic() + 30.0
    while len(set(heard)) < 3 and time.monotonic() < end:
        time.sleep(0.05)
sys.stdout.write(json.dumps({"read": read, "heard": sorted(set(heard))[:3]}) + "\n")
