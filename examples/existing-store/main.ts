/** A gateway in front of a Redis that exists already and is run by others: nothing of it is made, changed or removed here. */
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { MqttInstance, NamespaceType, Region, StorageEdition, StorageInstance } from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'existing-store');

// export TF_VAR_store_password and TF_VAR_sealing_key (at least 32 characters; keep it as long as the data)
const secret = (name: string) => new TerraformVariable(stack, name, { type: 'string', sensitive: true }).stringValue;

// images have public defaults; other names are taken from the environment
const region = new Region(stack, 'local', {
  gatewayImage: process.env.MQTTGW_GATEWAY_IMAGE,
  baseImage: process.env.MQTTGW_BASE_IMAGE,
});

const storage = StorageInstance.fromUrl(stack, 'warehouse', {
  storageId: 'warehouse', // its key space in that store
  endpoint: process.env.STORE_URL ?? 'rediss://store.example.com:6380', // as the gateway's container reaches it
  regionId: 'local',
  edition: StorageEdition.PLATINUM,
  namespaceType: NamespaceType.INDEPENDENT,
  username: 'mqtt',
  password: secret('store_password'),
  sealingKey: secret('sealing_key'),
});
storage.addParentTopic('orders');
storage.addParentTopic('parcels');

const mqtt = new MqttInstance(stack, 'scanners', { region });
mqtt.bindTo(storage);
mqtt.addGroupId('GID_scanners');
mqtt.addAccessKey('scanners'); // its secret is generated at the first deploy

app.synth();
