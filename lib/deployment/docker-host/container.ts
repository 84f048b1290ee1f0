/** What all our containers have in common, and the provider's pitfalls in one place. */
import { Container } from '@cdktf/provider-docker/lib/container';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { HealthCheck, healthcheck } from './health';
import { OwnLabels, configHash, labelList } from './labels';
import { addressed } from './logical-ids';
import { claimName } from './names';
import type { RegionContext } from './region';

export interface PublishedPort {
  readonly internal: number;
  readonly external: number;
  readonly ip: string;
}

export interface ContainerSpec {
  readonly name: string;
  /**
   * `unique`: a suffix is added that is new whenever the container is, so that the new one can be created before the old
   * one is destroyed. A name alone would do for a changed image, but not when a failed container is made again.
   */
  readonly naming: 'fixed' | 'unique';
  readonly image: string;
  readonly entrypoint?: string[];
  readonly command: string[];
  /** Number of a user that the image need not know; left out: as the image says. */
  readonly user?: string;
  /** Needs no capability at all. */
  readonly unprivileged: boolean;
  readonly aliases: string[];
  /** Id of a second network to join. */
  readonly otherNetwork?: string;
  readonly ports?: PublishedPort[];
  readonly files: { readonly path: string; readonly content: string }[];
  readonly volume?: { readonly name: string; readonly path: string };
  readonly health: HealthCheck;
  /** How long a deploy waits for the container to become healthy; 0: not at all. */
  readonly waitSeconds: number;
  readonly stopSeconds: number;
  readonly memoryMegabytes: number;
  /** One raw stream for output, errors included. */
  readonly terminal?: boolean;
  readonly labels: Omit<OwnLabels, 'stack' | 'region' | 'config'>;
  readonly userLabels: { [key: string]: string };
  readonly dependsOn?: ITerraformDependable[];
  /** Made anew whenever that one is. */
  readonly replacedWith?: Container;
}

export function makeContainer(context: RegionContext, scope: Construct, id: string, spec: ContainerSpec): Container {
  const check = healthcheck(spec.health);
  const unique = spec.naming === 'unique';
  const { stackName: stack, regionId: region } = context;
  claimName(scope, context.hostUrl, spec.name);
  return addressed(new Container(scope, id, {
    provider: context.provider,
    name: unique ? `${spec.name}-\${substr(sha256(uuid()), 0, 6)}` : spec.name,
    image: spec.image,
    entrypoint: spec.entrypoint,
    command: spec.command,
    user: spec.user,
    networksAdvanced: [
      { name: context.networkId, aliases: [...new Set(spec.aliases)].sort() },
      ...(spec.otherNetwork === undefined ? [] : [{ name: spec.otherNetwork }]),
    ],
    ports: spec.ports && [...spec.ports].sort((a, b) => a.internal - b.internal).map((port) => ({ ...port, protocol: 'tcp' })),
    upload: spec.files.map(({ path, content }) => ({ file: path, content })),
    volumes: spec.volume && [{ volumeName: spec.volume.name, containerPath: spec.volume.path }],
    healthcheck: check,
    wait: spec.waitSeconds > 0,
    waitTimeout: spec.waitSeconds > 0 ? spec.waitSeconds : undefined,
    restart: 'unless-stopped',
    stopTimeout: spec.stopSeconds,
    destroyGraceSeconds: spec.stopSeconds,
    memory: spec.memoryMegabytes,
    memorySwap: spec.memoryMegabytes,
    logDriver: 'json-file',
    logOpts: { 'max-size': '10m', 'max-file': '3' },
    tty: spec.terminal,
    securityOpts: ['no-new-privileges:true'],
    capabilities: spec.unprivileged ? { drop: ['ALL'] } : undefined,
    labels: labelList({ ...spec.labels, stack, region, config: configHash(scope, { check, stop: spec.stopSeconds }) }, spec.userLabels),
    dependsOn: spec.dependsOn,
    lifecycle: unique ? { createBeforeDestroy: true, ignoreChanges: ['name'] } : spec.replacedWith && { replaceTriggeredBy: [idOf(spec.replacedWith)] },
  }));
}

/** Its address as Terraform writes it, without `${}`. */
function idOf({ terraformResourceType, friendlyUniqueId }: Container): string {
  return `${terraformResourceType}.${friendlyUniqueId}.id`;
}
