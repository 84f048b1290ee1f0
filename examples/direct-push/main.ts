/**
 * Direct push: a gateway without a store. What a client publishes goes to the clients that are connected at that moment, and
 * is kept for nobody: for live values where only the newest counts.
 */
import { App, TerraformStack } from 'cdktf';
import { AccessKeyAccess, MqttInstance, Region } from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'direct-push');

// images have public defaults; other names are taken from the environment
const region = new Region(stack, 'local', {
  gatewayImage: process.env.MQTTGW_GATEWAY_IMAGE,
  baseImage: process.env.MQTTGW_BASE_IMAGE,
});

const live = new MqttInstance(stack, 'live', {
  region,
  directPush: true, // nothing to bind; topics are declared on the instance
  bindAddress: '127.0.0.1',
  tcp: { port: 2883 },
  tls: { port: 9883 },
  websocket: { port: 9080 },
  websocketTls: { enabled: false },
  flashPolicy: { enabled: false },
  http: { port: 19080 },
});

const prices = live.addParentTopic('prices');
live.addGroupId('GID_display');

live.addAccessKey('everything'); // its secret is generated at the first deploy
const display = live.addAccessKey('display', { access: AccessKeyAccess.GRANTED });
prices.grantSubscribe(display); // displays read, and cannot send

app.synth();
