/** A storage that devices reach by MQTT and a backend worker by a plain Redis client, as a store user of its own. */
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { MqttInstance, Region } from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'backend-worker');

// images have public defaults; other names are taken from the environment
const region = new Region(stack, 'local', {
  gatewayImage: process.env.MQTTGW_GATEWAY_IMAGE,
  baseImage: process.env.MQTTGW_BASE_IMAGE,
  storeImage: process.env.MQTTGW_STORE_IMAGE,
});

const instance = new MqttInstance(stack, 'backend-demo', { region, bindAddress: '127.0.0.1', websocket: { port: 8080 }, websocketTls: { port: 8443 }, flashPolicy: { port: 8843 } });
const { storageInstance } = instance.bindToNewStandardStorage();
storageInstance.addParentTopic('demo');
instance.addGroupId('GID_demo');
const key = instance.addAccessKey('devices');

const worker = storageInstance.addBackendUser('worker'); // its password is generated at the first deploy

const output = (name: string, value: string, sensitive = false) => new TerraformOutput(stack, name, { value, sensitive, staticId: true });
output('worker_redis_url', worker.url, true);
output('worker_network', worker.networkName);
output('storage_id', worker.storageId);
output('devices_secret', key.secret, true);

app.synth();
