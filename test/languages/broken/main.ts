/** Breaks a rule of each kind; the programs beside it in Python and Go break the same. */
import { App, TerraformStack } from 'cdktf';
import { MqttInstance, NamespaceType, Region, StorageEdition, StorageInstance } from 'cdktf-mqtt-gateway';

const app = new App();
const stack = new TerraformStack(app, 'broken');
const region = new Region(stack, 'local', { gatewayImage: 'mqttgw:golden' });

const first = new MqttInstance(stack, 'first', { region, replicas: 2 });
const { storageInstance } = first.bindToNewStandardStorage();
storageInstance.addParentTopic('GID_topic');
first.addGroupId('sensors');
first.addAccessKey('key', { secret: 'quickstart-secret' });

const second = new MqttInstance(stack, 'second', { region, namespaceType: NamespaceType.INDEPENDENT, spec: { tps: 10, connections: 10, subscriptions: 10 } });
second.bindTo(storageInstance);
new MqttInstance(stack, 'unbound', { region });
new StorageInstance(stack, 's', { region, edition: StorageEdition.STANDARD });

app.synth();
