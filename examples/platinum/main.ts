/**
 * For production: three gateways behind a front, a store of its own that flushes before it acknowledges, a certificate,
 * alarms and metrics. Any gateway may be killed or replaced while clients go on.
 */
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { Billing, Durability, InstanceEdition, LogLevel, MqttInstance, Region } from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'platinum');

// export TF_VAR_certificate and TF_VAR_private_key, both PEM, and TF_VAR_metrics_token
const secret = (name: string) => new TerraformVariable(stack, name, { type: 'string', sensitive: true }).stringValue;

// images have public defaults; other names are taken from the environment
const region = new Region(stack, 'plant', {
  publicDomain: 'mqtt.example.com',
  gatewayImage: process.env.MQTTGW_GATEWAY_IMAGE,
  baseImage: process.env.MQTTGW_BASE_IMAGE,
  storeImage: process.env.MQTTGW_STORE_IMAGE,
  frontImage: process.env.MQTTGW_FRONT_IMAGE,
  labels: { team: 'plant' },
});

const mqtt = new MqttInstance(stack, 'line-1', {
  region,
  edition: InstanceEdition.PLATINUM,
  replicas: 3,
  workers: 2, // cores of each gateway
  billing: Billing.PREPAID,
  spec: { tps: 20_000, connections: 10_000, subscriptions: 100_000 },
  alarmThresholds: { connectionsPercent: 80, subscriptionsPercent: 80, tpsPercent: 60 },
  tlsCertificate: secret('certificate'),
  tlsPrivateKey: secret('private_key'),
  tcp: { bindAddress: '127.0.0.1' }, // in clear from this host alone
  websocket: { enabled: false },
  flashPolicy: { enabled: false },
  metrics: { token: secret('metrics_token') },
  logLevel: LogLevel.INFO,
});
const storage = mqtt.bindToNewPlatinumStorage({
  description: 'line 1',
  durability: Durability.ALWAYS,
  memoryMegabytes: 4_096,
  deletionProtection: true, // a destroy is refused while this stands
  outputs: true, // what another program needs to bind it
}).storageInstance;

for (const name of ['measurements', 'commands', 'quality']) storage.addParentTopic(name);
mqtt.addGroupId('GID_machines');
mqtt.addAccessKey('machines');

app.synth();
