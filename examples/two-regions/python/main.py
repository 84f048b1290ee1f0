"""
Two regions on one Docker host. In `plant`, a platinum instance with three gateways and a store of its own; in `office`,
a basic instance on the region's shared store. Ten topics, three groups, keys with narrow rights.
"""

import os

from cdktf import App, TerraformStack, TerraformVariable
from cdktf_mqtt_gateway import (
    AccessKeyAccess,
    Billing,
    HttpListenerOptions,
    InstanceEdition,
    ListenerOptions,
    MessageType,
    MqttInstance,
    MqttInstanceSpec,
    Region,
    RemovalPolicy,
    StorageEdition,
    StorageInstance,
    WebhookOptions,
)

app = App()
stack = TerraformStack(app, "two-regions")

images = {
    "gateway_image": os.environ.get("MQTTGW_GATEWAY_IMAGE"),
    "base_image": os.environ.get("MQTTGW_BASE_IMAGE"),
    "store_image": os.environ.get("MQTTGW_STORE_IMAGE"),
    "front_image": os.environ.get("MQTTGW_FRONT_IMAGE"),
}
labels = {"team": "telemetry"}

# a secret that the program never sees: export TF_VAR_device_secret before the deploy
device_secret = TerraformVariable(
    stack, "device_secret", type="string", sensitive=True, description="secret of the AccessKeys of devices"
)

# who is told when the plant's gateways are runnable, and of alarms: export MQTTGW_WEBHOOK_URL
webhook_url = os.environ.get("MQTTGW_WEBHOOK_URL")

# --- plant: platinum, three gateways behind a front ---------------------------------------------
plant = Region(stack, "plant", labels=labels, **images)

plant_storage = StorageInstance(
    stack,
    "plant-storage",
    region=plant,
    edition=StorageEdition.PLATINUM,
    description="measurements of the plant",
    memory_megabytes=256,
    removal_policy=RemovalPolicy.DESTROY,
)
measurements = plant_storage.add_parent_topic("measurements", remark="one sub topic a sensor")
commands = plant_storage.add_parent_topic("commands", message_type=MessageType.PARTITION_ORDERED)
plant_storage.add_parent_topic("alerts", message_type=MessageType.GLOBAL_ORDERED)
plant_storage.add_parent_topic("firmware")
plant_storage.add_parent_topic("shifts")
plant_storage.add_parent_topic("quality")

plant_mqtt = MqttInstance(
    stack,
    "plant-mqtt",
    region=plant,
    edition=InstanceEdition.PLATINUM,
    replicas=3,
    billing=Billing.PREPAID,
    spec=MqttInstanceSpec(tps=5_000, connections=2_000, subscriptions=20_000),
    webhook=WebhookOptions(url=webhook_url) if webhook_url else None,  # its secret is generated at deploy
    bind_address="127.0.0.1",
    tcp=ListenerOptions(port=21883),
    tls=ListenerOptions(port=28883),
    websocket=ListenerOptions(port=28080),
    websocket_tls=ListenerOptions(port=28443),
    flash_policy=ListenerOptions(port=28843),
    http=HttpListenerOptions(port=28180),
)
plant_mqtt.bind_to(plant_storage)
plant_mqtt.add_group_id("GID_sensors", remark="temperature and pressure")
contractor = plant_mqtt.add_account("contractor")
plant_mqtt.add_group_id("GID_machines", account=contractor)

devices = plant_mqtt.add_access_key(
    "plant-devices", secret=device_secret.string_value, access=AccessKeyAccess.GRANTED
)
measurements.grant_publish(devices)
commands.grant_subscribe(devices)
machines = plant_mqtt.add_access_key(
    "plant-machines", secret=device_secret.string_value, account=contractor, access=AccessKeyAccess.GRANTED
)
commands.grant_publish(machines)
commands.grant_subscribe(machines)
plant_mqtt.add_access_key("plant-operator")  # its secret is generated at deploy

# --- office: basic, on the region's shared store ------------------------------------------------
office = Region(
    stack,
    "office",
    labels=labels,
    standard_store_memory_megabytes=256,
    standard_store_removal_policy=RemovalPolicy.DESTROY,
    **images,
)

office_mqtt = MqttInstance(
    stack,
    "office-mqtt",
    region=office,
    bind_address="127.0.0.1",
    tcp=ListenerOptions(port=31883),
    tls=ListenerOptions(port=31884),
    websocket=ListenerOptions(port=31080),
    websocket_tls=ListenerOptions(port=31443),
    flash_policy=ListenerOptions(enabled=False),
    http=HttpListenerOptions(port=31180),
)
office_storage = office_mqtt.bind_to_new_standard_storage(
    description="rooms and badges", removal_policy=RemovalPolicy.DESTROY
).storage_instance
for name in ["rooms", "badges", "printers", "lights"]:
    office_storage.add_parent_topic(name)
office_mqtt.add_group_id("GID_office")
office_mqtt.add_access_key("office-key", secret=device_secret.string_value)

app.synth()
