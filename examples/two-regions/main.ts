/**
 * Two regions on one Docker host. In `plant`, a platinum instance with three gateways and a store of its own; in `office`,
 * a basic instance on the region's shared store. Ten topics, three groups, keys with narrow rights.
 */
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import {
  AccessKeyAccess, Billing, InstanceEdition, MessageType, MqttInstance, Region, RemovalPolicy, StorageEdition, StorageInstance,
} from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'two-regions');

const images = {
  gatewayImage: process.env.MQTTGW_GATEWAY_IMAGE,
  baseImage: process.env.MQTTGW_BASE_IMAGE,
  storeImage: process.env.MQTTGW_STORE_IMAGE,
  frontImage: process.env.MQTTGW_FRONT_IMAGE,
};
const labels = { team: 'telemetry' };

// a secret that the program never sees: export TF_VAR_device_secret before the deploy
const deviceSecret = new TerraformVariable(stack, 'device_secret', {
  type: 'string', sensitive: true, description: 'secret of the AccessKeys of devices',
});

// who is told when the plant's gateways are runnable, and of alarms: export MQTTGW_WEBHOOK_URL
const webhookUrl = process.env.MQTTGW_WEBHOOK_URL;

// --- plant: platinum, three gateways behind a front ---------------------------------------------
const plant = new Region(stack, 'plant', { ...images, labels });

const plantStorage = new StorageInstance(stack, 'plant-storage', {
  region: plant,
  edition: StorageEdition.PLATINUM,
  description: 'measurements of the plant',
  memoryMegabytes: 256,
  removalPolicy: RemovalPolicy.DESTROY,
});
const measurements = plantStorage.addParentTopic('measurements', { remark: 'one sub topic a sensor' });
const commands = plantStorage.addParentTopic('commands', { messageType: MessageType.PARTITION_ORDERED });
plantStorage.addParentTopic('alerts', { messageType: MessageType.GLOBAL_ORDERED });
plantStorage.addParentTopic('firmware');
plantStorage.addParentTopic('shifts');
plantStorage.addParentTopic('quality');

const plantMqtt = new MqttInstance(stack, 'plant-mqtt', {
  region: plant,
  edition: InstanceEdition.PLATINUM,
  replicas: 3,
  billing: Billing.PREPAID,
  spec: { tps: 5_000, connections: 2_000, subscriptions: 20_000 },
  webhook: webhookUrl ? { url: webhookUrl } : undefined, // its secret is generated at deploy
  bindAddress: '127.0.0.1',
  tcp: { port: 21883 },
  tls: { port: 28883 },
  websocket: { port: 28080 },
  websocketTls: { port: 28443 },
  flashPolicy: { port: 28843 },
  http: { port: 28180 },
});
plantMqtt.bindTo(plantStorage);
plantMqtt.addGroupId('GID_sensors', { remark: 'temperature and pressure' });
const contractor = plantMqtt.addAccount('contractor');
plantMqtt.addGroupId('GID_machines', { account: contractor });

const devices = plantMqtt.addAccessKey('plant-devices', { secret: deviceSecret.stringValue, access: AccessKeyAccess.GRANTED });
measurements.grantPublish(devices);
commands.grantSubscribe(devices);
const machines = plantMqtt.addAccessKey('plant-machines', { secret: deviceSecret.stringValue, account: contractor, access: AccessKeyAccess.GRANTED });
commands.grantPublish(machines);
commands.grantSubscribe(machines);
plantMqtt.addAccessKey('plant-operator'); // its secret is generated at deploy

// --- office: basic, on the region's shared store ------------------------------------------------
const office = new Region(stack, 'office', {
  ...images, labels, standardStoreMemoryMegabytes: 256, standardStoreRemovalPolicy: RemovalPolicy.DESTROY,
});

const officeMqtt = new MqttInstance(stack, 'office-mqtt', {
  region: office,
  bindAddress: '127.0.0.1',
  tcp: { port: 31883 },
  tls: { port: 31884 },
  websocket: { port: 31080 },
  websocketTls: { port: 31443 },
  flashPolicy: { enabled: false },
  http: { port: 31180 },
});
const { storageInstance: officeStorage } = officeMqtt.bindToNewStandardStorage({
  description: 'rooms and badges', removalPolicy: RemovalPolicy.DESTROY,
});
for (const name of ['rooms', 'badges', 'printers', 'lights']) officeStorage.addParentTopic(name);
officeMqtt.addGroupId('GID_office');
officeMqtt.addAccessKey('office-key', { secret: deviceSecret.stringValue });

app.synth();
