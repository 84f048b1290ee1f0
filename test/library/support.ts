/** A deployment that only records, and words for "this program is refused because of that rule". */
import { App, ITerraformDependable, TerraformProvider, TerraformStack, Testing } from 'cdktf';
import type { Construct } from 'constructs';
import { afterAll, beforeAll, expect } from 'vitest';
import { MqttInstance, MqttInstanceProps, Region, RegionProps, StorageInstance, StorageInstanceProps } from '../../lib';
import type {
  GatewayDeploymentProps, InstanceDeployment, InstanceDeploymentProps, RegionDeployment, RegionDeploymentProps, StorageByUrlProps, StorageDeployment,
  StorageDeploymentProps,
} from '../../lib/deployment/deployment';
import type { InstanceRecord } from '../../lib/manifest/manifest';
import { DeploymentFactory, replaceDeploymentFactory } from '../../lib/private/deployment-factory';

class StubProvider extends TerraformProvider {
  constructor(scope: Construct, id: string) {
    super(scope, id, { terraformResourceType: 'docker', terraformProviderSource: 'kreuzwerker/docker' });
  }
}

export interface Shown {
  readonly path: string;
  readonly kind: string;
  readonly fields: { [name: string]: unknown };
}

export class RecordingDeployment implements RegionDeployment {
  public readonly provider: TerraformProvider;
  public readonly storages: StorageDeploymentProps[] = [];
  public readonly storagesByUrl: StorageByUrlProps[] = [];
  public readonly instances: InstanceDeploymentProps[] = [];
  public readonly directPush: GatewayDeploymentProps[] = [];
  private readonly shownLater: { path: string; kind: string; fields: () => { [name: string]: unknown } }[] = [];
  private readonly recordsLater: (() => InstanceRecord)[] = [];

  constructor(scope: Construct, public readonly props: RegionDeploymentProps) {
    this.provider = props.provider ?? new StubProvider(scope, 'Provider');
  }

  public addStorage(_scope: Construct, props: StorageDeploymentProps): StorageDeployment {
    this.storages.push(props);
    return {
      url: `redis://${props.storageId}:6379`, username: `u-${props.storageId}`, password: `p-${props.storageId}`,
      sealingKey: `k-${props.storageId}`, ready: [], onceAccepted: (value) => `accepted(${value})`,
    };
  }

  public addStorageByUrl(_scope: Construct, props: StorageByUrlProps): StorageDeployment {
    this.storagesByUrl.push(props);
    return { ...props, sealingKey: props.sealingKey ?? `k-${props.storageId}`, ready: [], onceAccepted: (value) => `accepted(${value})` };
  }

  public addInstance(_scope: Construct, props: InstanceDeploymentProps): InstanceDeployment {
    this.instances.push(props);
    return { bindingStands: [] as ITerraformDependable[], whenBound: (value) => `bound(${value})` };
  }

  public addDirectPush(_scope: Construct, props: GatewayDeploymentProps): InstanceDeployment {
    this.directPush.push(props);
    return { bindingStands: [] as ITerraformDependable[], whenBound: (value) => `pushed(${value})` };
  }

  public showInPlan(scope: Construct, kind: string, fields: () => { [name: string]: unknown }): void {
    this.shownLater.push({ path: scope.node.path, kind, fields });
  }

  public generateSecret(scope: Construct): string {
    return `generated(${scope.node.path})`;
  }

  public record(instance: () => InstanceRecord): void {
    this.recordsLater.push(instance);
  }

  public get shown(): Shown[] {
    return this.shownLater.map(({ path, kind, fields }) => ({ path, kind, fields: fields() }));
  }

  public get records(): InstanceRecord[] {
    return this.recordsLater.map((make) => make());
  }
}

const recordings = new Map<string, RecordingDeployment>();

/** In every rule test: no images, no containers, only what the constructs hand over. */
export function useRecordingDeployment(): void {
  let before: DeploymentFactory;
  beforeAll(() => {
    before = replaceDeploymentFactory((scope, props) => {
      const recording = new RecordingDeployment(scope, props);
      recordings.set(props.regionId, recording);
      return recording;
    });
  });
  afterAll(() => {
    replaceDeploymentFactory(before);
  });
}

/** Of the Region of this id that was declared last. */
export function recordingOf(region: Region): RecordingDeployment {
  return recordings.get(region.regionId)!;
}

/** What most programs of the tests begin with. */
export class Bench {
  public readonly app: App = Testing.app();
  public readonly stack = new TerraformStack(this.app, 'main');
  private nextPort = 20_000;

  public region(id = 'r1', props: RegionProps = {}, scope: Construct = this.stack): Region {
    return new Region(scope, id, props);
  }

  /** With ports that nothing else in this program has. */
  public instance(id: string, props: Partial<MqttInstanceProps> & Pick<MqttInstanceProps, 'region'>, scope: Construct = this.stack): MqttInstance {
    const port = () => this.nextPort++;
    return new MqttInstance(scope, id, {
      tcp: { port: port() }, tls: { port: port() }, websocket: { port: port() }, websocketTls: { port: port() }, flashPolicy: { port: port() },
      http: { port: port() }, ...props,
    });
  }

  public storage(id: string, props: StorageInstanceProps, scope: Construct = this.stack): StorageInstance {
    return new StorageInstance(scope, id, props);
  }

  /** A region with a bound pair. */
  public pair(instanceProps: Partial<Omit<MqttInstanceProps, 'region'>> = {}): { region: Region; instance: MqttInstance; storage: StorageInstance } {
    const region = this.region();
    const instance = this.instance('gateway', { region, ...instanceProps });
    const storage = this.storage('store', { region, namespaceType: instanceProps.namespaceType });
    instance.bindTo(storage);
    return { region, instance, storage };
  }
}

/** Every line that the program is refused with. */
export function refusals(build: (bench: Bench) => void): string[] {
  const bench = new Bench();
  build(bench);
  try {
    bench.app.synth();
    return [];
  } catch (error) {
    const lines = String(error instanceof Error ? error.message : error).split('\n').map((line) => line.trim());
    const found = lines.filter((line) => line.startsWith('['));
    if (found.length === 0) throw error;
    return found;
  }
}

export function accepts(build: (bench: Bench) => void): void {
  expect(refusals(build)).toEqual([]);
}

/** Exactly one refusal, which matches all of these. */
export function refuses(build: (bench: Bench) => void, ...patterns: (RegExp | string)[]): void {
  const found = refusals(build);
  expect(found).toHaveLength(1);
  for (const pattern of patterns) expect(found[0]).toMatch(pattern);
  expect(found[0]).toMatch(/got .+; allowed: .+; fix: .+/);
}
