"""Breaks the same rules as the program in TypeScript beside it."""

from cdktf import App, TerraformStack
from cdktf_mqtt_gateway import MqttInstance, MqttInstanceSpec, NamespaceType, Region, StorageEdition, StorageInstance

app = App()
stack = TerraformStack(app, "broken")
region = Region(stack, "local", gateway_image="mqttgw:golden")

first = MqttInstance(stack, "first", region=region, replicas=2)
storage_instance = first.bind_to_new_standard_storage().storage_instance
storage_instance.add_parent_topic("GID_topic")
first.add_group_id("sensors")
first.add_access_key("key", secret="quickstart-secret")

second = MqttInstance(
    stack,
    "second",
    region=region,
    namespace_type=NamespaceType.INDEPENDENT,
    spec=MqttInstanceSpec(tps=10, connections=10, subscriptions=10),
)
second.bind_to(storage_instance)
MqttInstance(stack, "unbound", region=region)
StorageInstance(stack, "s", region=region, edition=StorageEdition.STANDARD)

app.synth()
