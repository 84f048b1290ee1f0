"""Follows who comes and goes: the status events of a group's clients, at the storage, without MQTT. Prints a line each.

  REDIS_URL, STORAGE_ID   as in worker.py
  GROUP                   the Group ID; default GID_demo
  COUNT                   end after so many events; default: run for ever
"""
import math
import os
import sys
from datetime import datetime, timezone

import redis

storage_id = os.environ.get("STORAGE_ID")
if not storage_id:
    sys.exit("STORAGE_ID is missing: set it to the id of the storage instance")
count = float(os.environ.get("COUNT", math.inf))
events = f"{{{storage_id}}}:ev:{os.environ.get('GROUP', 'GID_demo')}"
store = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
# from now on, by an id instead of `$`: what comes between two reads is not missed
newest = store.xrevrange(events, count=1)
position = newest[0][0] if newest else "0"
print("ready", flush=True)

seen = 0
while seen < count:
    for _, entries in store.xread({events: position}, count=100, block=1000) or []:
        for entry_id, event in entries:
            time = datetime.fromtimestamp(int(event[b"time"]) / 1000, timezone.utc).isoformat(timespec="milliseconds")
            print(time, event[b"clientId"].decode(), event[b"eventType"].decode(), event[b"clientIp"].decode(), flush=True)
            position = entry_id  # a service that must not miss one keeps this, and begins here
            seen += 1
