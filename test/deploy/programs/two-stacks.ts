/** Storage and topics in one stack, the MQTT instance in another, as two teams would have it. */
import { App, TerraformStack } from 'cdktf';
import { MqttInstance, Region, RemovalPolicy, StorageInstance } from 'cdktf-mqtt-gateway';

const app = new App();
const images = {
  gatewayImage: process.env['MQTTGW_GATEWAY_IMAGE'], baseImage: process.env['MQTTGW_BASE_IMAGE'],
  storeImage: process.env['MQTTGW_STORE_IMAGE'], frontImage: process.env['MQTTGW_FRONT_IMAGE'],
};

const storageStack = new TerraformStack(app, 'team-storage');
const region = new Region(storageStack, 'here', { ...images, standardStoreMemoryMegabytes: 64, standardStoreRemovalPolicy: RemovalPolicy.DESTROY });
const storage = new StorageInstance(storageStack, 'orders', { region });
storage.addParentTopic('demo');
// bound by another program
new StorageInstance(storageStack, 'bills', { region, storageId: 'team-bills', outputs: true }).addParentTopic('demo');

const mqttStack = new TerraformStack(app, 'team-mqtt');
const instance = new MqttInstance(mqttStack, 'mqtt', {
  region: new Region(mqttStack, 'here', images), instanceId: 'team-mqtt', bindAddress: '127.0.0.1', tcp: { port: 25883 }, http: { port: 25884 },
  tls: { enabled: false }, websocket: { enabled: false }, websocketTls: { enabled: false }, flashPolicy: { enabled: false },
});
instance.bindTo(storage);
instance.addGroupId('GID_test');
instance.addAccessKey('key', { secret: 'playground-secret-71c2' });

app.synth();
