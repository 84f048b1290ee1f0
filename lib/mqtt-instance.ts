import { Annotations, Aspects, Lazy } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { AccessKey, AccessKeyOptions } from './access-key';
import { Account, AccountOptions, IAccount } from './account';
import { Binding } from './binding';
import { ConsoleUser, ConsoleUserOptions } from './console-user';
import type { MqttEndpoint, MqttEndpoints } from './endpoints';
import { GroupId, GroupIdOptions } from './group-id';
import type { Endpoints, ListenerName } from './manifest/manifest';
import type { MqttInstanceProps } from './mqtt-instance-props';
import { ParentTopic, ParentTopicOptions } from './parent-topic';
import { checkPropTypes } from './private/prop-types';
import { renderDirectPush } from './private/direct-push';
import { consoleUrlOf, endpointsOf } from './private/documents';
import { InstanceFacts, registerFacts } from './private/facts';
import { makeInstanceFacts } from './private/instance-facts';
import { whenBoundLater } from './private/outputs';
import { importedInstance } from './private/owners';
import { childId, regionOf } from './private/support';
import { validateProgram } from './private/validation';
import { LISTENER_NAMES } from './rules/addresses';
import { IStorageInstance, StorageInstance, StorageInstanceOptions } from './storage-instance';
import { NamespaceType, StorageEdition } from './values';
import type { IRegion } from './region';

/** An MQTT instance: the stateless gateway that clients connect to. */
export interface IMqttInstance extends IConstruct {
  /** Id, as it stands in usernames and records. */
  readonly instanceId: string;
  /** Public endpoints, each as `host:port` and as URL. */
  readonly publicEndpoints: MqttEndpoints;
  /** Internal endpoints, for containers in the region's network. */
  readonly internalEndpoints: MqttEndpoints;
}

/** What is known of an MQTT instance that another program declares. */
export interface MqttInstanceAttributes {
  /** Id. */
  readonly instanceId: string;
  /**
   * Public endpoints.
   * @default - none known
   */
  readonly publicEndpoints?: MqttEndpoints;
  /**
   * Internal endpoints.
   * @default - none known
   */
  readonly internalEndpoints?: MqttEndpoints;
}

/**
 * An MQTT instance: a gateway that keeps client connections and forwards messages. It owns no data and is unusable until it
 * is bound to a storage instance, once and for ever (B1), unless it declares direct push (B6).
 *
 * @example
 * import { App, TerraformStack } from 'cdktf';
 * import { InstanceEdition, MqttInstance, Region } from 'cdktf-mqtt-gateway';
 *
 * const stack = new TerraformStack(new App(), 'plant');
 * const mqtt = new MqttInstance(stack, 'machines', {
 *   region: new Region(stack, 'local'),
 *   edition: InstanceEdition.PLATINUM,
 *   replicas: 3,
 *   spec: { tps: 5000, connections: 2000, subscriptions: 20000 },
 * });
 * const storage = mqtt.bindToNewPlatinumStorage().storageInstance;
 * storage.addParentTopic('measurements');
 * mqtt.addGroupId('GID_sensors');
 * mqtt.addAccessKey('sensors');
 */
export class MqttInstance extends Construct implements IMqttInstance {
  /** An MQTT instance that another program declares. Its groups, keys and binding are declared where it is (I3). */
  public static fromMqttInstanceAttributes(scope: Construct, id: string, attrs: MqttInstanceAttributes): IMqttInstance {
    class Import extends Construct implements IMqttInstance {
      public readonly instanceId = attrs.instanceId;
      public readonly publicEndpoints = attrs.publicEndpoints ?? {};
      public readonly internalEndpoints = attrs.internalEndpoints ?? {};
    }
    const instance = new Import(scope, id);
    registerFacts(importedInstance(instance));
    return instance;
  }

  public readonly instanceId: string;
  /** Name. */
  public readonly instanceName: string;
  /** Region it is in. */
  public readonly region: IRegion;
  public readonly publicEndpoints: MqttEndpoints;
  public readonly internalEndpoints: MqttEndpoints;
  /** `host:port` of the first public endpoint that is on: TCP, else TLS, WebSocket, WebSocket TLS. */
  public readonly publicEndpoint: string;
  /** The same as URL. */
  public readonly publicUrl: string;
  /** `host:port` of the first internal endpoint that is on. */
  public readonly internalEndpoint: string;
  /** The same as URL. */
  public readonly internalUrl: string;
  /** URL of the store behind the instance, for backend services beside it (S1). Empty with direct push, which has none. */
  public readonly storageEndpoint: string;
  /** Key of the webhook's signatures: given, or generated at deploy. Sensitive. Empty without a webhook. */
  public readonly webhookSecret: string;
  /** URL of the console for a browser; with the HTTP port on loopback, as by default, for one on that host. Empty: it is off. */
  public readonly consoleUrl: string;
  /** The account that is there by default. */
  public readonly mainAccount: IAccount;

  constructor(scope: Construct, id: string, props: MqttInstanceProps) {
    super(scope, id);
    checkPropTypes(this, 'mqttInstance', props);
    this.region = regionOf(this, props);
    this.instanceId = props.instanceId ?? id;
    const facts = registerFacts(makeInstanceFacts(this, props, this.instanceId));
    this.instanceName = facts.name;
    this.webhookSecret = facts.webhook?.secret ?? '';

    const whenBound = (value: string) => Lazy.stringValue({ produce: whenBoundLater(facts, () => value) });
    const publicEndpoints = endpointsOf(facts, 'public');
    const internalEndpoints = endpointsOf(facts, 'internal');
    this.publicEndpoints = attributesOf(publicEndpoints, whenBound);
    this.internalEndpoints = attributesOf(internalEndpoints, whenBound);
    const first = LISTENER_NAMES.find((name) => facts.listeners[name]);
    this.publicEndpoint = whenBound(first ? publicEndpoints[first]!.address : '');
    this.publicUrl = whenBound(first ? publicEndpoints[first]!.url : '');
    this.internalEndpoint = whenBound(first ? internalEndpoints[first]!.address : '');
    this.internalUrl = whenBound(first ? internalEndpoints[first]!.url : '');
    this.storageEndpoint = Lazy.stringValue({ produce: whenBoundLater(facts, () => facts.bindings[0]?.storage.url ?? '') });

    this.consoleUrl = whenBound(consoleUrlOf(facts) ?? '');

    this.mainAccount = addMainAccount(this, facts);
    warnWithoutKeys(this, facts);
    if (facts.directPush) renderDirectPush(this, facts);
    validateProgram(this);
  }

  /** Binds this instance to a storage instance, once and for ever (B1). */
  public bindTo(storageInstance: IStorageInstance): Binding {
    if (!storageInstance) {
      throw new Error(`${this.node.path}: storage instance of bindTo(): got ${String(storageInstance)}; allowed: a StorageInstance; fix: pass one, or call bindToNewStandardStorage()`);
    }
    return new Binding(this, childId(this, 'Binding', 'Binding'), { mqttInstance: this, storageInstance });
  }

  /** Makes a standard storage instance in this region, with an independent namespace, and binds to it (I2). */
  public bindToNewStandardStorage(options: StorageInstanceOptions = {}): Binding {
    return this.bindTo(this.newStorage(StorageEdition.STANDARD, options));
  }

  /** Makes a platinum storage instance in this region, with an independent namespace, and binds to it (I2). */
  public bindToNewPlatinumStorage(options: StorageInstanceOptions = {}): Binding {
    return this.bindTo(this.newStorage(StorageEdition.PLATINUM, options));
  }

  /**
   * Declares a parent topic of an instance with direct push (B6). Topics of a bound instance are declared on its storage
   * instance.
   * @param id construct id, and the topic's name unless `options.name` says another
   */
  public addParentTopic(id: string, options: ParentTopicOptions = {}): ParentTopic {
    return new ParentTopic(this, childId(this, id, 'Topic'), { name: id, ...options, mqttInstance: this });
  }

  /**
   * Declares a Group ID.
   * @param id construct id, and the group's name unless `options.name` says another
   */
  public addGroupId(id: string, options: GroupIdOptions = {}): GroupId {
    return new GroupId(this, childId(this, id, 'Group'), { name: id, ...options, mqttInstance: this });
  }

  /**
   * Declares a sub-account.
   * @param id construct id, and the account's name unless `options.name` says another
   */
  public addAccount(id: string, options: AccountOptions = {}): Account {
    return new Account(this, childId(this, id, 'Account'), { name: id, ...options, mqttInstance: this });
  }

  /**
   * Declares an AccessKey.
   * @param id construct id, and the key's id unless `options.keyId` says another
   */
  public addAccessKey(id: string, options: AccessKeyOptions = {}): AccessKey {
    return new AccessKey(this, childId(this, id, 'AccessKey'), { keyId: id, ...options, mqttInstance: this });
  }

  /**
   * Declares somebody who may log in to the console.
   * @param id construct id, and the user's name unless `options.name` says another
   */
  public addConsoleUser(id: string, options: ConsoleUserOptions = {}): ConsoleUser {
    return new ConsoleUser(this, childId(this, id, 'ConsoleUser'), { name: id, ...options, mqttInstance: this });
  }

  private newStorage(edition: StorageEdition, options: StorageInstanceOptions): StorageInstance {
    return new StorageInstance(this, childId(this, 'Storage', 'Storage'), {
      storageName: this.instanceName, ...options, region: this.region, edition, namespaceType: NamespaceType.INDEPENDENT,
    });
  }
}

function attributesOf(endpoints: Endpoints, whenBound: (value: string) => string): MqttEndpoints {
  const attribute = (name: ListenerName): MqttEndpoint | undefined => {
    const endpoint = endpoints[name];
    return endpoint && { address: whenBound(endpoint.address), url: whenBound(endpoint.url) };
  };
  return {
    tcp: attribute('tcp'), tls: attribute('tls'), websocket: attribute('websocket'), websocketTls: attribute('websocketTls'),
    flashPolicy: attribute('flash'),
  };
}

/** Not an `Account`: nobody declares it, so a plan does not show it. */
function addMainAccount(instance: MqttInstance, facts: InstanceFacts): IAccount {
  class MainAccount extends Construct implements IAccount {
    public readonly accountName = 'main';
  }
  const account = new MainAccount(instance, 'MainAccount');
  facts.accounts.push(registerFacts({ kind: 'account', construct: account, imported: false, name: 'main', main: true, instance: facts }));
  return account;
}

/** Known only when the whole program has run, so it is asked at synth. */
function warnWithoutKeys(instance: MqttInstance, facts: InstanceFacts): void {
  let warned = false;
  Aspects.of(instance).add({
    visit: (node: IConstruct) => {
      if (node !== instance || warned || facts.keys.length > 0 || facts.admission.anonymous) return;
      warned = true;
      Annotations.of(instance).addWarning(
        `MQTT instance ${facts.instanceId} has no AccessKey, so no client can connect: got none, at least one is needed, call addAccessKey()`);
    },
  });
}
