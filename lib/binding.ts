import { Construct, IConstruct } from 'constructs';
import type { ExternalStorageProps, StorageDeployment } from './deployment/deployment';
import type { IMqttInstance } from './mqtt-instance';
import { instanceManifest, instanceRecord, instanceSecretsOf, storageManifest } from './private/documents';
import { BindingFacts, StorageFacts, factsOf, hasRenderedTwin, programOf, registerFacts } from './private/facts';
import { instanceFactsOf } from './private/owners';
import { addOutputs } from './private/outputs';
import { bindingGuards } from './private/plan-guards';
import { checkPropTypes } from './private/prop-types';
import { ofStack, sameStack, unresolved } from './private/support';
import { reportFailure, validateProgram } from './private/validation';
import type { IStorageInstance } from './storage-instance';

/** What joins an MQTT instance and a storage instance. */
export interface IBinding extends IConstruct {
  /** Id of the MQTT instance. */
  readonly instanceId: string;
  /** Key space of the storage instance. */
  readonly storageId: string;
}

/** Properties of a Binding. */
export interface BindingProps {
  /** The MQTT instance; declared in the same stack, bound once and for ever (B1). */
  readonly mqttInstance: IMqttInstance;
  /** The storage instance; bound by this MQTT instance alone (B2), of the same namespace type (B3) and region (B4). */
  readonly storageInstance: IStorageInstance;
}

/** What is known of a binding that another program declares. */
export interface BindingAttributes {
  /** Id of the MQTT instance. */
  readonly instanceId: string;
  /** Key space of the storage instance. */
  readonly storageId: string;
}

/**
 * Joins an MQTT instance and a storage instance, which makes the gateway usable. It happens once: after a successful deploy
 * a changed binding stops the plan (B1).
 */
export class Binding extends Construct implements IBinding {
  /** A binding that another program declares. */
  public static fromBindingAttributes(scope: Construct, id: string, attrs: BindingAttributes): IBinding {
    class Import extends Construct implements IBinding {
      public readonly instanceId = attrs.instanceId;
      public readonly storageId = attrs.storageId;
    }
    return new Import(scope, id);
  }

  public readonly instanceId: string;
  public readonly storageId: string;
  /** The MQTT instance. */
  public readonly mqttInstance: IMqttInstance;
  /** The storage instance: the one given, or the new one. */
  public readonly storageInstance: IStorageInstance;

  constructor(scope: Construct, id: string, props: BindingProps) {
    super(scope, id);
    checkPropTypes(this, 'binding', props);
    this.mqttInstance = props.mqttInstance;
    this.storageInstance = props.storageInstance;
    this.instanceId = props.mqttInstance.instanceId;
    this.storageId = props.storageInstance.storageId;
    const instance = instanceFactsOf(props.mqttInstance);
    const storage = factsOf('storage', props.storageInstance);
    validateProgram(this);
    if (!storage) {
      reportFailure(this, {
        rule: 'I2', subject: 'storage instance of the binding', got: `${props.storageInstance.node.path}, which is of a class of your own`,
        allowed: 'a StorageInstance, or one made by its fromUrl or fromStorageInstanceAttributes', fix: 'import it with StorageInstance.fromStorageInstanceAttributes',
      });
      return;
    }
    const facts: BindingFacts = registerFacts({ kind: 'binding', construct: this, instance, storage });
    if (isRenderable(facts)) render(facts);
    // after the check above, which asks whether this is the first
    instance.bindings.push(facts);
  }
}

/** What a rule is going to refuse is not rendered: two gateways of one name would fail with a sentence that explains nothing. */
function isRenderable({ construct, instance, storage }: BindingFacts): boolean {
  const first = instance.bindings.length === 0 && !hasRenderedTwin(instance)
    && !programOf(construct).bindings.some((other) => other.deployment && other.storage === storage);
  const region = instance.region;
  return first && !instance.imported && !instance.directPush && sameStack(instance.construct, construct) && !unresolved(instance.instanceId)
    && region?.deployment !== undefined && sameStack(region.construct, construct)
    && (storage.origin !== 'declared' || storage.deployment !== undefined);
}

function render(binding: BindingFacts): void {
  const { construct, instance, storage } = binding;
  const region = instance.region!;
  const deployment = region.deployment!;
  binding.deployment = deployment.addInstance(construct, {
    instanceId: instance.instanceId,
    storageId: storage.storageId,
    replicas: instance.replicas,
    listeners: instance.listeners,
    publicDomain: region.publicDomain,
    memoryMegabytes: instance.memoryMegabytes,
    workers: instance.workers,
    drainSeconds: instance.drainSeconds,
    logLevel: instance.logLevel,
    labels: instance.labels,
    storage: storageAccess(construct, storage),
    storageManifest: () => (storage.origin === 'url' && !storage.deployment ? storageManifest(storage) : null),
    manifest: () => instanceManifest(instance),
    ...instanceSecretsOf(instance),
    guards: bindingGuards(instance, storage),
  });
  construct.node.defaultChild = construct.node.tryFindChild('Entry');
  deployment.record(() => instanceRecord(instance));
  if (instance.outputs) addOutputs(instance, binding, storage.url);
}

function storageAccess(binding: Construct, storage: StorageFacts): StorageDeployment | ExternalStorageProps {
  const { construct, deployment, storageId, url, username, password, networkName } = storage;
  if (deployment && sameStack(construct, binding)) return deployment;
  // of another stack: its values come by reference, its resources cannot be depended on
  const sealingKey = storage.sealingKey ?? (deployment && ofStack(construct, deployment.sealingKey));
  return { storageId, url, username, password, sealingKey, network: deployment?.network, networkName };
}
