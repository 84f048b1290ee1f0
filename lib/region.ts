import type { TerraformProvider } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { DockerHost } from './docker-host';
import { checkPropTypes } from './private/prop-types';
import { createDeployment } from './private/deployment-factory';
import { factsOf, programOf, registerFacts } from './private/facts';
import { regionGuards } from './private/plan-guards';
import { handOverStoragesByUrl } from './private/storage-by-url';
import { literal, networkName, sameStack, stackOf, unresolved } from './private/support';
import { validateProgram } from './private/validation';
import { DEFAULT_QUOTAS, sameRegion } from './rules/regions';
import { Durability, RemovalPolicy } from './values';

/** A region: one Docker host that holds MQTT and storage instances. */
export interface IRegion extends IConstruct {
  /** Id of the region. */
  readonly regionId: string;
  /** Host of the public endpoints. */
  readonly publicDomain: string;
  /** Domain of the internal endpoints, inside the containers' network. */
  readonly internalDomain: string;
}

/** How many instances a region may hold (L1). Everything that the program declares for the region counts; imports do not. */
export interface RegionQuotas {
  /**
   * MQTT instances, all editions together.
   * @default 8
   */
  readonly mqttInstances?: number;
  /**
   * Standard storage instances.
   * @default 8
   */
  readonly standardStorage?: number;
  /**
   * Platinum storage instances.
   * @default - no quota
   */
  readonly platinumStorage?: number;
}

/** Properties of a Region. */
export interface RegionProps {
  /**
   * Id of the region, 1 to 64 of letters, digits, `-` and `_`. Plain text: it is part of Docker names.
   * @default - the construct id
   */
  readonly regionId?: string;
  /**
   * The Docker host it deploys to.
   * @default DockerHost.local()
   */
  readonly host?: DockerHost;
  /**
   * Docker provider that you configure yourself.
   * @default - the Region makes one for its host
   */
  readonly provider?: TerraformProvider;
  /**
   * Domain of the public endpoints; never an IP address (P2).
   * @default "localhost"
   */
  readonly publicDomain?: string;
  /**
   * Domain of the internal endpoints, for containers in the region's network; never an IP address (P2).
   * @default - stack and region, the name of the containers' network
   */
  readonly internalDomain?: string;
  /**
   * How many instances the region may hold.
   * @default - 8 MQTT instances, 8 standard storage instances, platinum storage without quota
   */
  readonly quotas?: RegionQuotas;
  /**
   * Name of a prebuilt gateway image. Needed where the host is remote: images cannot be built there.
   * @default - built from the bundled runtime on `baseImage`
   */
  readonly gatewayImage?: string;
  /**
   * Base of the gateway image that is built.
   * @default "node:24-slim"
   */
  readonly baseImage?: string;
  /**
   * Image of the stores.
   * @default "redis:7.4"
   */
  readonly storeImage?: string;
  /**
   * Image of the front that several gateways stand behind.
   * @default "haproxy:3.0"
   */
  readonly frontImage?: string;
  /**
   * When the store that the standard storage instances share has a message on disk.
   * @default Durability.ALWAYS
   */
  readonly standardStoreDurability?: Durability;
  /**
   * Memory for the data of that store, in MiB. Of it 80 % is for what is kept, in equal parts for the standard storage instances
   * that the region declares: one that is full stops no other. One more makes the parts smaller; a part that is smaller than
   * what a storage holds fails the deploy.
   * @default 1024
   */
  readonly standardStoreMemoryMegabytes?: number;
  /**
   * What happens to that store's volume, and so to the data of every standard storage instance, when the region goes away.
   * @default RemovalPolicy.RETAIN
   */
  readonly standardStoreRemovalPolicy?: RemovalPolicy;
  /**
   * Docker labels for everything in the region.
   * @default - our own labels alone
   */
  readonly labels?: { [key: string]: string };
}

/** What is known of a region that another program declares. */
export interface RegionAttributes {
  /** Id of the region. */
  readonly regionId: string;
  /**
   * Domain of its public endpoints.
   * @default "localhost"
   */
  readonly publicDomain?: string;
  /**
   * Domain of its internal endpoints.
   * @default - the region's id
   */
  readonly internalDomain?: string;
}

/**
 * One Docker host that holds MQTT and storage instances, and the quotas for them. Makes the Docker provider for its host.
 *
 * It never changes once something lives in it (L3). Taking it out of a program takes two deploys: first what lives in it,
 * then the Region, because Terraform needs its provider to delete the rest.
 *
 * @example
 * import { App, TerraformStack } from 'cdktf';
 * import { DockerHost, Region } from 'cdktf-mqtt-gateway';
 *
 * const stack = new TerraformStack(new App(), 'plant');
 * const here = new Region(stack, 'here'); // this machine's Docker
 * const there = new Region(stack, 'there', {
 *   host: DockerHost.ssh('deploy@plant.example.com'),
 *   publicDomain: 'mqtt.example.com',
 *   gatewayImage: 'registry.example.com/mqttgw:0.1.0', // images cannot be built remotely
 * });
 */
export class Region extends Construct implements IRegion {
  /** A region that another program declares: for comparing (B4), nothing can be declared in it here. */
  public static fromRegionAttributes(scope: Construct, id: string, attrs: RegionAttributes): IRegion {
    class Import extends Construct implements IRegion {
      public readonly regionId = attrs.regionId;
      public readonly publicDomain = attrs.publicDomain ?? 'localhost';
      public readonly internalDomain = attrs.internalDomain ?? attrs.regionId;
    }
    const region = new Import(scope, id);
    registerFacts({
      kind: 'region', construct: region, imported: true, regionId: region.regionId, host: `imported ${region.node.path}`,
      publicDomain: region.publicDomain, internalDomain: region.internalDomain, quotas: DEFAULT_QUOTAS, sharedDurability: 'always', sharedRemovalPolicy: 'retain',
    });
    return region;
  }

  public readonly regionId: string;
  public readonly publicDomain: string;
  public readonly internalDomain: string;

  constructor(scope: Construct, id: string, props: RegionProps = {}) {
    super(scope, id);
    checkPropTypes(this, 'region', props);
    this.regionId = props.regionId ?? id;
    this.publicDomain = props.publicDomain ?? 'localhost';
    this.internalDomain = props.internalDomain ?? networkName(`${stackOf(this).node.id}-${this.regionId}`);
    const host = (props.host ?? DockerHost.local())._address;
    // everything of a region is named by stack and region: a second one would make the same containers, and a network
    const twin = programOf(this).regions.find((other) =>
      !other.imported && sameRegion(other.regionId, this.regionId) && sameStack(other.construct, this));
    const address = props.provider && !props.host ? `the host of provider ${props.provider.node.path}` : host.url;
    const sameNetwork = !unresolved(address) && !unresolved(this.internalDomain)
      && programOf(this).regions.some((other) => other.deployment && other.host === address && other.internalDomain === this.internalDomain);
    const sharedMemoryMegabytes = props.standardStoreMemoryMegabytes ?? 1024;
    const sharedDurability = literal(props.standardStoreDurability ?? Durability.ALWAYS);
    const sharedRemovalPolicy = literal(props.standardStoreRemovalPolicy ?? RemovalPolicy.RETAIN);
    registerFacts({
      kind: 'region', construct: this, imported: false, regionId: this.regionId,
      host: address,
      hostProblem: !host.local && props.gatewayImage === undefined ? host.url : undefined,
      publicDomain: this.publicDomain, internalDomain: this.internalDomain,
      quotas: {
        mqttInstances: props.quotas?.mqttInstances ?? DEFAULT_QUOTAS.mqttInstances,
        standardStorage: props.quotas?.standardStorage ?? DEFAULT_QUOTAS.standardStorage,
        platinumStorage: props.quotas?.platinumStorage ?? DEFAULT_QUOTAS.platinumStorage,
      },
      sharedDurability, sharedRemovalPolicy, sharedMemoryMegabytes,
      // what a rule is going to refuse is not rendered
      deployment: twin || sameNetwork ? undefined : createDeployment(this, {
        regionId: this.regionId, host, provider: props.provider, internalDomain: this.internalDomain, labels: props.labels ?? {},
        guards: regionGuards(this.regionId, host.url, props.provider),
        images: {
          // without a name on a remote host the rules refuse the program; until then nothing may try to build one
          gateway: props.gatewayImage ?? (host.local ? undefined : 'missing'), base: props.baseImage ?? 'node:24-slim',
          store: props.storeImage ?? 'redis:7.4', front: props.frontImage ?? 'haproxy:3.0',
        },
        sharedStore: {
          durability: sharedDurability,
          memoryMegabytes: sharedMemoryMegabytes,
          removalPolicy: sharedRemovalPolicy,
        },
      }),
    });
    this.node.defaultChild = this.node.tryFindChild('Network');
    handOverStoragesByUrl(this);
    validateProgram(this);
  }

  /** The Docker provider of the region: the one given, or the one made for its host. */
  public get provider(): TerraformProvider {
    const provider = factsOf('region', this)?.deployment?.provider;
    if (!provider) throw new Error(`region ${this.node.path} has no provider: got a second Region ${this.regionId} in one stack, allowed one; use the first`);
    return provider;
  }
}
