/** Binds a storage of another program by what that one's outputs say (I2): BILLS (JSON), and its secrets as variables. */
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { MqttInstance, Region, StorageInstance, type StorageInstanceAttributes } from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'team-bills');
const secret = (name: string): string => new TerraformVariable(stack, name, { type: 'string', sensitive: true }).stringValue;

const bills = StorageInstance.fromStorageInstanceAttributes(stack, 'bills', {
  ...JSON.parse(process.env['BILLS'] ?? '{}') as StorageInstanceAttributes, password: secret('password'), sealingKey: secret('sealing_key'),
});
const instance = new MqttInstance(stack, 'mqtt', {
  region: new Region(stack, 'here', { gatewayImage: process.env['MQTTGW_GATEWAY_IMAGE'], baseImage: process.env['MQTTGW_BASE_IMAGE'] }),
  instanceId: 'team-bills', bindAddress: '127.0.0.1', tcp: { port: 26883 }, http: { port: 26884 },
  tls: { enabled: false }, websocket: { enabled: false }, websocketTls: { enabled: false }, flashPolicy: { enabled: false },
});
instance.bindTo(bills);
instance.addGroupId('GID_test');
instance.addAccessKey('key', { secret: 'playground-secret-71c2' });

app.synth();
