/** Renders an MQTT instance that pushes directly: no binding, no storage, topics of its own (B6). */
import { Construct } from 'constructs';
import { directPushDeclared, regionChanged } from '../rules/guards';
import { instanceManifest, instanceRecord, instanceSecretsOf } from './documents';
import { InstanceFacts, Standing, hasRenderedTwin } from './facts';
import { addOutputs } from './outputs';
import { sameStack, unresolved } from './support';

/** Stands in the guard of the binding for what has none; no storage id looks like it. */
const NO_STORAGE = 'none (direct push)';

export function renderDirectPush(scope: Construct, instance: InstanceFacts): void {
  const { instanceId, region } = instance;
  const deployment = region && sameStack(region.construct, scope) ? region.deployment : undefined;
  // what a rule is going to refuse is not rendered
  if (!deployment || unresolved(instanceId) || hasRenderedTwin(instance)) return;
  const construct = new Construct(scope, 'DirectPush');
  const standing: Standing = { construct };
  instance.standing = standing;
  standing.deployment = deployment.addDirectPush(construct, {
    instanceId,
    replicas: 1,
    listeners: instance.listeners,
    publicDomain: region!.publicDomain,
    memoryMegabytes: instance.memoryMegabytes,
    workers: 1,
    drainSeconds: instance.drainSeconds,
    logLevel: instance.logLevel,
    labels: instance.labels,
    manifest: () => instanceManifest(instance),
    ...instanceSecretsOf(instance),
    guards: [
      { name: 'binding', value: NO_STORAGE, sentence: directPushDeclared(instanceId) },
      { name: 'region', value: instance.regionId, sentence: regionChanged(instanceId), compared: 'ignoring case' },
    ],
  });
  deployment.record(() => instanceRecord(instance));
  if (instance.outputs) addOutputs(instance, standing);
}
