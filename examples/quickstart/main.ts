/** The smallest useful program: one region on this machine, one MQTT instance, one topic, one group, one key. */
import { App, TerraformStack } from 'cdktf';
import { MqttInstance, Region } from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'quickstart');

// images have public defaults; other names are taken from the environment
const region = new Region(stack, 'local', {
  gatewayImage: process.env.MQTTGW_GATEWAY_IMAGE,
  baseImage: process.env.MQTTGW_BASE_IMAGE,
  storeImage: process.env.MQTTGW_STORE_IMAGE,
});

const instance = new MqttInstance(stack, 'quickstart', {
  region,
  bindAddress: '127.0.0.1', // loopback alone: the example secrets below are refused anywhere else
  websocket: { port: 8080 },
  websocketTls: { port: 8443 },
  flashPolicy: { port: 8843 },
});
const { storageInstance } = instance.bindToNewStandardStorage();

storageInstance.addParentTopic('demo');
instance.addGroupId('GID_demo');
instance.addAccessKey('Key', {
  keyId: process.env.MQTTGW_KEY_ID || 'quickstart-key',
  secret: process.env.MQTTGW_KEY_SECRET || 'quickstart-secret',
});
instance.addConsoleUser('quickstart', { password: process.env.MQTTGW_CONSOLE_PASSWORD || 'quickstart-password' });

app.synth();
