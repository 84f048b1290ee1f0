"""The smallest useful program: one region on this machine, one MQTT instance, one topic, one group, one key."""

import os

from cdktf import App, TerraformStack
from cdktf_mqtt_gateway import ListenerOptions, MqttInstance, Region

app = App()
stack = TerraformStack(app, "quickstart")

# images have public defaults; other names are taken from the environment
region = Region(
    stack,
    "local",
    gateway_image=os.environ.get("MQTTGW_GATEWAY_IMAGE"),
    base_image=os.environ.get("MQTTGW_BASE_IMAGE"),
    store_image=os.environ.get("MQTTGW_STORE_IMAGE"),
)

instance = MqttInstance(
    stack,
    "quickstart",
    region=region,
    bind_address="127.0.0.1",  # loopback alone: the example secrets below are refused anywhere else
    websocket=ListenerOptions(port=8080),
    websocket_tls=ListenerOptions(port=8443),
    flash_policy=ListenerOptions(port=8843),
)
storage = instance.bind_to_new_standard_storage().storage_instance

storage.add_parent_topic("demo")
instance.add_group_id("GID_demo")
instance.add_access_key(
    "Key",
    key_id=os.environ.get("MQTTGW_KEY_ID", "quickstart-key"),
    secret=os.environ.get("MQTTGW_KEY_SECRET", "quickstart-secret"),
)
instance.add_console_user(
    "quickstart", password=os.environ.get("MQTTGW_CONSOLE_PASSWORD", "quickstart-password")
)

app.synth()
