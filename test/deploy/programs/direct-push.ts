/** An instance with direct push that the tests change between deploys: what it declares is read from DIRECT_PUSH (JSON). */
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { AccessKeyAccess, LogLevel, MqttInstance, Region, RemovalPolicy } from 'cdktf-mqtt-gateway';

export interface DirectPushProgram {
  readonly topics: readonly string[];
  readonly groups: readonly string[];
  readonly regionId?: string;
  readonly logLevel?: 'debug';
  /** Declared without direct push, with a storage. */
  readonly bound?: boolean;
  /** A topic whose name only Terraform knows, in variable `late_topic`. */
  readonly lateTopic?: boolean;
}

const { topics, groups, regionId, logLevel, bound = false, lateTopic } = JSON.parse(process.env['DIRECT_PUSH'] ?? '{}') as DirectPushProgram;

const app = new App();
const stack = new TerraformStack(app, 'pushing');
const region = new Region(stack, 'here', {
  regionId, gatewayImage: process.env['MQTTGW_GATEWAY_IMAGE'], baseImage: process.env['MQTTGW_BASE_IMAGE'],
  storeImage: process.env['MQTTGW_STORE_IMAGE'], standardStoreRemovalPolicy: RemovalPolicy.DESTROY,
});
const instance = new MqttInstance(stack, 'push', {
  region, directPush: !bound, bindAddress: '127.0.0.1', tcp: { port: 26883 }, tls: { port: 26884 }, http: { port: 26885 },
  websocket: { enabled: false }, websocketTls: { enabled: false }, flashPolicy: { enabled: false },
  logLevel: logLevel === 'debug' ? LogLevel.DEBUG : undefined,
});
const owner = bound ? instance.bindToNewStandardStorage().storageInstance : instance;
const declared = topics.map((name) => owner.addParentTopic(name));
if (lateTopic) owner.addParentTopic('late', { name: new TerraformVariable(stack, 'late_topic', { type: 'string' }).stringValue });
for (const name of groups) instance.addGroupId(name);
instance.addAccessKey('key', { secret: 'playground-secret-71c2' });
instance.addAccessKey('generated');
const reader = instance.addAccessKey('reader', { secret: 'playground-secret-93fb', access: AccessKeyAccess.GRANTED });
declared[0]!.grantSubscribe(reader);

app.synth();
