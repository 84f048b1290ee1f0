"""Connects, subscribes, sends one message and waits until it comes back. `pip install paho-mqtt`, then `python client.py`."""
import base64
import hashlib
import hmac
import os
import queue
import sys
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt

url = urlsplit(os.environ.get("MQTTGW_URL", "mqtt://127.0.0.1:1883"))
instance_id = os.environ.get("MQTTGW_INSTANCE", "quickstart")
key_id = os.environ.get("MQTTGW_KEY_ID", "quickstart-key")
key_secret = os.environ.get("MQTTGW_KEY_SECRET", "quickstart-secret")
client_id = os.environ.get("MQTTGW_CLIENT_ID", "GID_demo@@@python-1")
topic = os.environ.get("MQTTGW_TOPIC", "demo/hello")

events: queue.Queue = queue.Queue()


def on_connect(client, _userdata, _flags, reason, _properties):
    if reason.is_failure:
        events.put(("refused", str(reason)))
    else:
        client.subscribe(topic, qos=1)  # here, so that it is done again after each reconnect


def on_subscribe(client, _userdata, _mid, reasons, _properties):
    if reasons[0].is_failure:
        events.put(("refused", f"subscription to {topic}: {reasons[0]}"))
    else:
        client.publish(topic, "hello from Python", qos=1)


def on_message(_client, _userdata, message):
    events.put(("message", f"{message.topic} {message.payload.decode()}"))


# a session that is not clean: what is sent to this client while it is away waits for it
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
signature = hmac.new(key_secret.encode(), client_id.encode(), hashlib.sha1).digest()
client.username_pw_set(f"Signature|{key_id}|{instance_id}", base64.b64encode(signature).decode())
client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
client.connect(url.hostname or "127.0.0.1", url.port or 1883)
client.loop_start()
kind, text = events.get(timeout=30)
client.disconnect()
client.loop_stop()
if kind == "refused":
    sys.exit(text)
print(text)
