/** An instance on an engine that is reached over the network: HOST is `tcp` or `ssh`. */
import { App, TerraformStack } from 'cdktf';
import { DockerHost, MqttInstance, Region } from 'cdktf-mqtt-gateway';

const { HOST, ADDRESS = '', CERT_PATH, SSH_OPTIONS, IMAGE, MQTTGW_STORE_IMAGE } = process.env;

const app = new App();
const stack = new TerraformStack(app, 'remote');
const region = new Region(stack, 'there', {
  host: HOST === 'ssh' ? DockerHost.ssh(ADDRESS, { sshOptions: JSON.parse(SSH_OPTIONS ?? '[]') as string[] }) : DockerHost.tcp(ADDRESS, { certPath: CERT_PATH }),
  gatewayImage: IMAGE, storeImage: MQTTGW_STORE_IMAGE,
});
const mqtt = new MqttInstance(stack, 'mqtt', {
  region, instanceId: 'remote', bindAddress: '127.0.0.1', tcp: { port: 27883 }, tls: { port: 27884 }, http: { port: 27885 },
  websocket: { enabled: false }, websocketTls: { enabled: false }, flashPolicy: { enabled: false },
});
const { storageInstance } = mqtt.bindToNewStandardStorage();
storageInstance.addParentTopic('demo');
mqtt.addGroupId('GID_test');
mqtt.addAccessKey('key', { secret: 'playground-secret-71c2' });

app.synth();
