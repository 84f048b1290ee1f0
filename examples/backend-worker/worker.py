"""A backend service at the storage, without MQTT: it takes requests of devices from a topic's log in a consumer group, and
answers each device by a P2P message through the topic's inbox.

  REDIS_URL   where the store is, with user and password if it has any; default redis://127.0.0.1:6379
  STORAGE_ID  the storage's id; outputs and `mqttgw dev` tell it
  TOPIC       the parent topic; default demo
  COUNT       end after so many requests; default: run for ever
"""
import math
import os
import sys

import redis

storage_id = os.environ.get("STORAGE_ID")
if not storage_id:
    sys.exit("STORAGE_ID is missing: set it to the id of the storage instance")
topic = os.environ.get("TOPIC", "demo")
count = float(os.environ.get("COUNT", math.inf))
GROUP = "backend"
log = f"{{{storage_id}}}:log:{topic}"
inbox = f"{{{storage_id}}}:in:{topic}"
store = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))

try:
    store.xgroup_create(log, GROUP, id="$", mkstream=True)
except redis.ResponseError as error:
    if not str(error).startswith("BUSYGROUP"):  # the group is there already
        raise
print("ready", flush=True)

done = 0
while done < count:
    for _, entries in store.xreadgroup(GROUP, f"worker-{os.getpid()}", {log: ">"}, count=100, block=1000) or []:
        for entry_id, message in entries:
            client_id, payload = message[b"clientId"].decode(), message[b"payload"]
            if message[b"mqttSecondTopic"].startswith(b"/requests/") and client_id:
                answer = payload.upper()
                store.xadd(inbox, {"payload": answer, "mqttSecondTopic": f"/p2p/{client_id}", "qoslevel": "1"})
                print(f"{client_id}: {payload!r} -> {answer!r}", flush=True)
                done += 1
            store.xack(log, GROUP, entry_id)  # after the answer is stored: at least once
