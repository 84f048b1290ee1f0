/**
 * A fleet of sensors and what reads them. Sensors only publish measurements and only hear commands; dashboards only read; one
 * collector of many shares the load with the others. Three keys, each with no more rights than its holders need.
 */
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { AccessKeyAccess, MqttInstance, Region, TopicPermission } from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'sensors');

// images have public defaults; other names are taken from the environment
const region = new Region(stack, 'local', {
  gatewayImage: process.env.MQTTGW_GATEWAY_IMAGE,
  baseImage: process.env.MQTTGW_BASE_IMAGE,
  storeImage: process.env.MQTTGW_STORE_IMAGE,
});

const mqtt = new MqttInstance(stack, 'fleet', {
  region,
  spec: { tps: 2_000, connections: 5_000, subscriptions: 10_000 },
  limits: { payloadBytes: 4_096, retentionSeconds: 24 * 60 * 60 }, // small messages, for a day
  bindAddress: '127.0.0.1',
  websocket: { port: 8080 }, // for dashboards in browsers
  websocketTls: { port: 8443 },
  flashPolicy: { enabled: false },
});
const storage = mqtt.bindToNewStandardStorage({ description: 'measurements and commands of the fleet' }).storageInstance;

const measurements = storage.addParentTopic('measurements', { remark: 'measurements/<site>/<sensor>/<quantity>' });
const commands = storage.addParentTopic('commands', { remark: 'commands/<site>/<sensor>' });
const firmware = storage.addParentTopic('firmware', { permission: TopicPermission.SUBSCRIBE, remark: 'written at the storage alone' });
const releases = storage.addBackendUser('releases'); // of the service that does; no client may publish there

mqtt.addGroupId('GID_sensors');
mqtt.addGroupId('GID_dashboards');
mqtt.addGroupId('GID_collectors');

const sensors = mqtt.addAccessKey('sensors', { access: AccessKeyAccess.GRANTED });
measurements.grantPublish(sensors);
commands.grantSubscribe(sensors);
firmware.grantSubscribe(sensors);

const dashboards = mqtt.addAccessKey('dashboards', { access: AccessKeyAccess.GRANTED });
measurements.grantSubscribe(dashboards);

const collectors = mqtt.addAccessKey('collectors', { access: AccessKeyAccess.GRANTED });
measurements.grantSubscribe(collectors);
commands.grantPublish(collectors);

for (const key of [sensors, dashboards, collectors]) {
  new TerraformOutput(stack, `${key.keyId}_secret`, { value: key.secret, sensitive: true, staticId: true });
}
new TerraformOutput(stack, 'releases_redis_url', { value: releases.url, sensitive: true, staticId: true });
new TerraformOutput(stack, 'releases_network', { value: releases.networkName, staticId: true });
new TerraformOutput(stack, 'storage_id', { value: releases.storageId, staticId: true });

app.synth();
