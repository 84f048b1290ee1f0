/** A store container: one a platinum storage, or the one that a region's standard storage instances share (E6). */
import { Container } from '@cdktf/provider-docker/lib/container';
import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import { Durability, RemovalPolicyName } from '../../manifest/manifest';
import { makeContainer } from './container';
import { labelList } from './labels';
import { addressed } from './logical-ids';
import { claimName, hostLabel } from './names';
import type { RegionContext } from './region';
import { makeSecret } from './secret';
import { ADMIN, START_SCRIPT, STORE_FILES, STORE_HEALTH, STORE_PORT, containerMemory, redisConfig, seedUsers } from './store-config';

export interface StoreProps {
  readonly durability: Durability;
  /** For data; the container gets more. */
  readonly memoryMegabytes: number;
  readonly removalPolicy: RemovalPolicyName;
  /** Names of container and volume begin with it. */
  readonly baseName: string;
  readonly storageId?: string;
  readonly labels: { [key: string]: string };
}

export class Store {
  /** Text, not a reference: see `container`. */
  public readonly url: string;
  public readonly admin: { readonly username: string; readonly password: string };
  /**
   * Whatever several replicas depend on must not depend on this: Terraform would create a new store before the old one is
   * destroyed, and two of them would write one volume. A hand-over simply tries until the store answers.
   */
  public readonly container: Container;

  constructor(context: RegionContext, scope: Construct, { durability, memoryMegabytes, removalPolicy, baseName, storageId, labels }: StoreProps) {
    const name = `${baseName}-store`;
    const host = hostLabel(name);
    const userLabels = { ...context.labels, ...labels };
    const password = makeSecret(scope, 'AdminPassword');
    this.url = `redis://${host}:${STORE_PORT}`;
    this.admin = { username: ADMIN, password };
    this.container = makeContainer(context, scope, 'Store', {
      name,
      naming: 'fixed',
      image: context.images.store().imageId,
      entrypoint: ['sh', STORE_FILES.start],
      command: ['redis-server', STORE_FILES.config],
      unprivileged: false, // the start script gives the volume to the store's user and becomes that user
      aliases: [host],
      files: [
        { path: STORE_FILES.config, content: redisConfig(durability, memoryMegabytes) },
        { path: STORE_FILES.users, content: seedUsers(Token.asString(Fn.sha256(password))) },
        { path: STORE_FILES.start, content: START_SCRIPT },
      ],
      volume: { name: volumeName(context, scope, { baseName, removalPolicy, storageId, userLabels }), path: '/data' },
      health: { ask: STORE_HEALTH, startSeconds: 300 },
      waitSeconds: 480,
      stopSeconds: 60,
      memoryMegabytes: containerMemory(scope, memoryMegabytes),
      labels: { role: 'store', storage: storageId },
      userLabels,
    });
  }
}

interface VolumeProps extends Pick<StoreProps, 'baseName' | 'removalPolicy' | 'storageId'> {
  readonly userLabels: { [key: string]: string };
}

/**
 * What is retained must not be a Terraform resource: a resource goes when its declaration does. Docker makes the volume
 * with the container. (It carries no labels: the provider sets a volume's labels on engines from API 1.45 on only.)
 */
function volumeName(context: RegionContext, scope: Construct, { baseName, removalPolicy, storageId, userLabels }: VolumeProps): string {
  const name = claimName(scope, context.hostUrl, `${baseName}-data`);
  if (removalPolicy === 'retain') return name;
  const volume = addressed(new Volume(scope, 'Data', {
    provider: context.provider,
    name,
    labels: labelList({ stack: context.stackName, region: context.regionId, role: 'data', storage: storageId }, userLabels),
    lifecycle: { ignoreChanges: ['labels'] }, // a new label must not cost the data
  }));
  return volume.name;
}
