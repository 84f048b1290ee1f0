/**
 * A chat: people write to each other by P2P messages, and to rooms. Their devices hold no AccessKey; a login server of yours
 * gives each device a credential of its own, with the key that the server alone knows.
 */
import { App, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { MessageType, MqttInstance, Region } from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'chat');

// browsers insist on a certificate they know: export TF_VAR_certificate and TF_VAR_private_key, both PEM
const certificate = new TerraformVariable(stack, 'certificate', { type: 'string', sensitive: true });
const privateKey = new TerraformVariable(stack, 'private_key', { type: 'string', sensitive: true });

// images have public defaults; other names are taken from the environment
const region = new Region(stack, 'local', {
  publicDomain: 'chat.example.com',
  gatewayImage: process.env.MQTTGW_GATEWAY_IMAGE,
  baseImage: process.env.MQTTGW_BASE_IMAGE,
  storeImage: process.env.MQTTGW_STORE_IMAGE,
});

const mqtt = new MqttInstance(stack, 'chat', {
  region,
  limits: { payloadBytes: 16_384, retentionSeconds: 7 * 24 * 60 * 60, subscriptionsPerClient: 20 },
  tlsCertificate: certificate.stringValue,
  tlsPrivateKey: privateKey.stringValue,
  tcp: { enabled: false }, // nothing in clear
  websocket: { enabled: false },
  flashPolicy: { enabled: false },
});
const storage = mqtt.bindToNewPlatinumStorage({ description: 'messages of people', deletionProtection: true }).storageInstance;

// in the order in which they were written, whoever wrote them
storage.addParentTopic('chat', { messageType: MessageType.GLOBAL_ORDERED, remark: 'chat/rooms/<room>; chat/p2p/<Client ID> to one person' });
mqtt.addGroupId('GID_people');

const loginServer = mqtt.addAccessKey('login-server'); // it administers, so it may register devices
new TerraformOutput(stack, 'login_server_secret', { value: loginServer.secret, sensitive: true, staticId: true });

app.synth();
