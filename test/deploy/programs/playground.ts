/** A stack that the tests change between deploys: what it declares is read from PLAYGROUND (JSON). */
import { App, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { DockerHost, MqttInstance, NamespaceType, Region, RemovalPolicy, StorageEdition, StorageInstance, type IStorageInstance } from 'cdktf-mqtt-gateway';

export interface Playground {
  readonly stack: string;
  /** Construct id → region id; the first holds everything. */
  readonly regions: Readonly<Record<string, string>>;
  readonly region?: string;
  /** Ports count up from here. */
  readonly firstPort: number;
  readonly topics?: readonly string[];
  readonly groups?: readonly string[];
  /** Of the bound storage. */
  readonly backendUsers?: readonly string[];
  /** Construct id of the storage that the instance is bound to. */
  readonly bound?: string;
  /** Construct id → whether it is protected against deletion. */
  readonly storages: Readonly<Record<string, { readonly protect?: boolean; readonly platinum?: boolean; readonly storageId?: string }>>;
  /** A topic whose name only Terraform knows, in variable `late_topic`. */
  readonly lateTopic?: boolean;
  /** Path of the Docker engine's socket. */
  readonly socket?: string;
  /** A store that this program does not run. */
  readonly storeUrl?: string;
}

const declared = JSON.parse(process.env['PLAYGROUND'] ?? '{}') as Playground;
const { firstPort, groups = ['GID_test'], topics = ['demo'] } = declared;

const app = new App();
const stack = new TerraformStack(app, declared.stack);
const images = {
  gatewayImage: process.env['MQTTGW_GATEWAY_IMAGE'],
  baseImage: process.env['MQTTGW_BASE_IMAGE'],
  storeImage: process.env['MQTTGW_STORE_IMAGE'],
  frontImage: process.env['MQTTGW_FRONT_IMAGE'],
};
const regions = Object.entries(declared.regions).map(([id, regionId]) => new Region(stack, id, {
  ...images, regionId, host: DockerHost.local(declared.socket), standardStoreMemoryMegabytes: 64, standardStoreRemovalPolicy: RemovalPolicy.DESTROY,
}));
const region = regions.find(({ node }) => node.id === declared.region) ?? regions[0]!;

const storages = new Map<string, IStorageInstance>();
for (const [id, { protect, platinum, storageId }] of Object.entries(declared.storages)) {
  storages.set(id, new StorageInstance(stack, id, {
    region, storageId, edition: platinum ? StorageEdition.PLATINUM : StorageEdition.STANDARD, deletionProtection: protect, removalPolicy: RemovalPolicy.DESTROY,
    memoryMegabytes: platinum ? 64 : undefined,
  }));
}
if (declared.storeUrl) {
  storages.set('outside', StorageInstance.fromUrl(stack, 'outside', {
    endpoint: declared.storeUrl, storageId: `${declared.stack}-outside`, regionId: region.regionId,
    edition: StorageEdition.STANDARD, namespaceType: NamespaceType.INDEPENDENT,
  }));
}

const bound = storages.get(declared.bound ?? '');
// what nothing binds may have topics too (S2)
const holder = bound ?? storages.get('outside');
for (const topic of holder ? topics : []) holder?.addParentTopic(topic);
if (bound) {
  const instance = new MqttInstance(stack, 'mqtt', {
    region, instanceId: declared.stack, bindAddress: '127.0.0.1', tcp: { port: firstPort }, http: { port: firstPort + 1 },
    tls: { enabled: false }, websocket: { enabled: false }, websocketTls: { enabled: false }, flashPolicy: { enabled: false },
  });
  instance.bindTo(bound);
  instance.addAccessKey('key', { secret: 'playground-secret-71c2' });
  for (const group of groups) instance.addGroupId(group);
  for (const user of declared.backendUsers ?? []) {
    const { url, networkName, storageId } = bound.addBackendUser(user);
    const output = (name: string, value: string, sensitive: boolean) => new TerraformOutput(stack, `${user}_${name}`, { value, sensitive, staticId: true });
    output('url', url, true);
    output('network', networkName, false);
    output('storage', storageId, false);
  }
  if (declared.lateTopic) {
    const name = new TerraformVariable(stack, 'late_topic', { type: 'string' });
    bound.addParentTopic('late', { name: name.stringValue });
  }
}

app.synth();
