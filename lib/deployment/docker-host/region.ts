/** One Docker host: the region's network, its images, and what the constructs ask for. */
import { Network } from '@cdktf/provider-docker/lib/network';
import { Lazy, TerraformProvider, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { InstanceRecord } from '../../manifest/manifest';
import {
  GatewayDeploymentProps, InstanceDeployment, InstanceDeploymentProps, RegionDeployment, RegionDeploymentProps, StorageByUrlProps, StorageDeployment,
  StorageDeploymentProps,
} from '../deployment';
import { addDirectPush } from './direct-push';
import { addGuards } from './guards';
import { Images } from './images';
import { addInstance } from './instance';
import { labelList } from './labels';
import { addressById, addressed } from './logical-ids';
import { claimName, regionPrefix } from './names';
import { protectionOf } from './protection';
import { dockerProvider } from './provider';
import { recordOf } from './record';
import { makeSecret } from './secret';
import { addStorage, addStorageByUrl } from './storage';
import { Store } from './store';
import { TerraformData } from './terraform-data';

/** What every part of a region's deployment needs to know. */
export interface RegionContext {
  readonly scope: Construct;
  readonly stackName: string;
  readonly regionId: string;
  /** Begin of every Docker name. */
  readonly prefix: string;
  readonly hostUrl: string;
  readonly provider: TerraformProvider;
  readonly networkId: string;
  readonly networkName: string;
  readonly images: Images;
  readonly labels: { [key: string]: string };
  /** The store that standard storage instances share, made when the first one is added (E6). */
  sharedStore(): Store;
}

export function createDockerHostDeployment(scope: Construct, props: RegionDeploymentProps): RegionDeployment {
  return new DockerHostDeployment(scope, props);
}

class DockerHostDeployment implements RegionDeployment {
  public readonly provider: TerraformProvider;
  private readonly context: RegionContext;
  private readonly network: Network;
  private shared?: Store;
  private guarded = false;

  constructor(private readonly scope: Construct, private readonly props: RegionDeploymentProps) {
    const { regionId, labels } = props;
    const stackName = TerraformStack.of(scope).node.id;
    const prefix = regionPrefix(scope, regionId);
    this.provider = dockerProvider(scope, props.host, props.provider);
    addressById(scope, 'region', regionId.toLowerCase());
    this.network = addressed(new Network(scope, 'Network', {
      provider: this.provider,
      name: claimName(scope, props.host.url, props.internalDomain),
      labels: labelList({ stack: stackName, region: regionId, role: 'network' }, labels),
      // Replicas are created before they are destroyed, and Terraform then treats their network alike; a second network of
      // one name is refused by newer engines. Labels are therefore those of the first deploy.
      lifecycle: { ignoreChanges: ['labels'] },
    }));
    this.context = {
      scope, stackName, regionId, prefix, labels,
      hostUrl: props.host.url,
      provider: this.provider,
      networkId: this.network.id,
      networkName: props.internalDomain,
      images: new Images(scope, this.provider, props, prefix),
      sharedStore: () => (this.shared ??= this.makeSharedStore()),
    };
    protectionOf(scope);
    recordOf(scope);
  }

  public addStorage(scope: Construct, props: StorageDeploymentProps): StorageDeployment {
    this.guardRegion();
    return addStorage(this.context, scope, props);
  }

  public addStorageByUrl(scope: Construct, props: StorageByUrlProps): StorageDeployment {
    this.guardRegion();
    return addStorageByUrl(this.context, scope, props);
  }

  public addInstance(scope: Construct, props: InstanceDeploymentProps): InstanceDeployment {
    this.guardRegion();
    return addInstance(this.context, scope, props);
  }

  public addDirectPush(scope: Construct, props: GatewayDeploymentProps): InstanceDeployment {
    this.guardRegion();
    return addDirectPush(this.context, scope, props);
  }

  public showInPlan(scope: Construct, kind: string, fields: () => { [name: string]: unknown }): void {
    new TerraformData(scope, kind, { input: Lazy.anyValue({ produce: fields }) });
  }

  public generateSecret(scope: Construct, id: string): string {
    return makeSecret(scope, id);
  }

  public record(instance: () => InstanceRecord): void {
    recordOf(this.scope).instances.push(instance);
  }

  /** L3: once something lives in the region. */
  private guardRegion(): void {
    if (this.guarded) return;
    this.guarded = true;
    addGuards(this.scope, 'region', this.props.regionId.toLowerCase(), this.props.guards, [this.network]);
  }

  private makeSharedStore(): Store {
    const scope = new Construct(this.scope, 'SharedStore');
    addressById(scope, 'region', `${this.props.regionId.toLowerCase()}_shared`);
    return new Store(this.context, scope, {
      ...this.props.sharedStore,
      baseName: `${this.context.prefix}-shared`,
      labels: {},
    });
  }
}
