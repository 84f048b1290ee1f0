/** The `StackRecord` of each stack: several regions write into one. */
import { Lazy, TerraformStack } from 'cdktf';
import { IConstruct } from 'constructs';
import { InstanceRecord, MANIFEST_VERSION, StackRecord, StorageManifest } from '../../manifest/manifest';

class RecordCollector {
  public readonly instances: (() => InstanceRecord)[] = [];
  public readonly storages: (() => StorageManifest)[] = [];

  public make(): StackRecord {
    const instances = this.instances.map((make) => make());
    const bound = new Set(instances.map(({ storage }) => storage?.storageId));
    const unboundStorage = this.storages.map((make) => make()).filter(({ storageId }) => !bound.has(storageId));
    return { version: MANIFEST_VERSION, instances, unboundStorage };
  }
}

const collectors = new WeakMap<TerraformStack, RecordCollector>();

export function recordOf(scope: IConstruct): RecordCollector {
  const stack = TerraformStack.of(scope);
  let collector = collectors.get(stack);
  if (!collector) {
    const made = new RecordCollector();
    collectors.set(stack, made);
    // Terraform takes "//" for a comment; cdktf keeps its own metadata there.
    stack.addOverride('//.mqttGateway', Lazy.anyValue({ produce: () => made.make() }));
    collector = made;
  }
  return collector;
}
