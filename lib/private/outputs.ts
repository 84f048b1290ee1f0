/** Endpoints of an instance, known once its binding stands, or its direct push (P1, P2). */
import { TerraformOutput, Token } from 'cdktf';
import { consoleUrlOf, endpointsOf } from './documents';
import { InstanceFacts, Standing, standingOf } from './facts';
import { ofStack } from './support';

/** Strings that clients and servers connect to. */
export function addOutputs(instance: InstanceFacts, { construct, deployment }: Standing, storageUrl?: string): void {
  const whenBound = (value: string) => deployment!.whenBound(value);
  const add = (name: string, description: string, value: string | { [listener: string]: string }, sensitive?: boolean) =>
    new TerraformOutput(construct, `mqtt_${instance.instanceId}_${name}`, { value, description, staticId: true, ...(sensitive ? { sensitive } : {}) });
  for (const side of ['public', 'internal'] as const) {
    const endpoints = Object.entries(endpointsOf(instance, side));
    add(`${side}_endpoints`, `${side} endpoints of MQTT instance ${instance.instanceId}, host:port`,
      Object.fromEntries(endpoints.map(([listener, { address }]) => [listener, whenBound(address)])));
    add(`${side}_urls`, `${side} endpoints of MQTT instance ${instance.instanceId}, URL`,
      Object.fromEntries(endpoints.map(([listener, { url }]) => [listener, whenBound(url)])));
  }
  const consoleUrl = consoleUrlOf(instance);
  if (consoleUrl !== undefined) add('console_url', `console of MQTT instance ${instance.instanceId}`, whenBound(consoleUrl));
  if (storageUrl === undefined) return;
  // What only the deploy knows may be a secret to it, and Terraform refuses to show one in an output that is not.
  add('storage_endpoint', `store of MQTT instance ${instance.instanceId}, for backend services beside it`, whenBound(storageUrl), Token.isUnresolved(storageUrl));
}

/**
 * Of attributes that a user takes before the binding is declared. Made once: cdktf keeps in the reference itself how another
 * stack reads it.
 */
export function whenBoundLater(instance: InstanceFacts, value: () => string): () => string {
  let made: string | undefined;
  return () => {
    const standing = standingOf(instance);
    if (!standing?.deployment) return value();
    return made ??= ofStack(standing.construct, standing.deployment.whenBound(value()));
  };
}
