"""
Direct push: a gateway without a store. What a client publishes goes to the clients that are connected at that moment,
and is kept for nobody: for live values where only the newest counts.
"""

import os

from cdktf import App, TerraformStack
from cdktf_mqtt_gateway import AccessKeyAccess, HttpListenerOptions, ListenerOptions, MqttInstance, Region

app = App()
stack = TerraformStack(app, "direct-push")

# images have public defaults; other names are taken from the environment
region = Region(
    stack,
    "local",
    gateway_image=os.environ.get("MQTTGW_GATEWAY_IMAGE"),
    base_image=os.environ.get("MQTTGW_BASE_IMAGE"),
)

live = MqttInstance(
    stack,
    "live",
    region=region,
    direct_push=True,  # nothing to bind; topics are declared on the instance
    bind_address="127.0.0.1",
    tcp=ListenerOptions(port=2883),
    tls=ListenerOptions(port=9883),
    websocket=ListenerOptions(port=9080),
    websocket_tls=ListenerOptions(enabled=False),
    flash_policy=ListenerOptions(enabled=False),
    http=HttpListenerOptions(port=19080),
)

prices = live.add_parent_topic("prices")
live.add_group_id("GID_display")

live.add_access_key("everything")  # its secret is generated at the first deploy
display = live.add_access_key("display", access=AccessKeyAccess.GRANTED)
prices.grant_subscribe(display)  # displays read, and cannot send

app.synth()
