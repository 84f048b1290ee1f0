/** B3, B4, B6 and admission: what a binding joins, and what may be declared without one. */
import type { Admission, BindingDeclaration, ListenerBindings, NamespaceType } from '../manifest/manifest';
import { isLoopback, listenersOf } from './addresses';
import { Finding, Unknown, allKnown, show } from './finding';
import { sameRegion } from './regions';

export interface BindingSide {
  readonly namespace: NamespaceType;
  readonly regionId: string;
}

/** B3 and B4. */
export function checkBinding(instance: BindingSide, storage: Pick<BindingDeclaration, 'storageNamespace' | 'storageRegion'>, unknown: Unknown = allKnown): Finding[] {
  const findings: Finding[] = [];
  if (!unknown(instance.namespace) && !unknown(storage.storageNamespace) && instance.namespace !== storage.storageNamespace) {
    findings.push({
      rule: 'B3', subject: 'namespaces of the binding', got: `MQTT instance ${instance.namespace}, storage instance ${storage.storageNamespace}`,
      allowed: 'both independent, or both shared', fix: `declare both ${storage.storageNamespace} or both ${instance.namespace}`,
    });
  }
  if (!unknown(instance.regionId) && !unknown(storage.storageRegion) && !sameRegion(instance.regionId, storage.storageRegion)) {
    findings.push({
      rule: 'B4', subject: 'regions of the binding', got: `MQTT instance in ${show(instance.regionId)}, storage instance in ${show(storage.storageRegion)}`,
      allowed: 'both in the same region', fix: 'bind to a storage instance of the same region',
    });
  }
  return findings;
}

export interface BindingCount {
  readonly bindings: number;
  readonly directPush: boolean;
  readonly replicas: number;
  /** Left out: not known here. */
  readonly workers?: number;
}

/** B6: bound, or direct push with one replica, which is one process: what it pushes is in its memory. */
export function checkBound({ bindings, directPush, replicas, workers = 1 }: BindingCount, unknown: Unknown = allKnown): Finding[] {
  if (!directPush) {
    if (bindings > 0) return [];
    return [{
      rule: 'B6', subject: 'binding', got: 'none', allowed: 'one Binding to a storage instance, or directPush: without either the gateway is unavailable',
      fix: 'call bindTo(storage), bindToNewStandardStorage() or bindToNewPlatinumStorage(), or set directPush: true',
    }];
  }
  const findings: Finding[] = [];
  if (bindings > 0) {
    findings.push({ rule: 'B6', subject: 'binding', got: 'a Binding and direct push', allowed: 'one of the two: direct push stores nothing', fix: 'take directPush or the Binding out' });
  }
  if (!unknown(replicas) && replicas !== 1) {
    findings.push({ rule: 'B6', subject: 'replicas', got: `${replicas} with direct push`, allowed: '1 with direct push', fix: 'leave replicas out, with edition basic' });
  }
  if (!unknown(workers) && workers !== 1) {
    findings.push({ rule: 'B6', subject: 'workers', got: `${workers} with direct push`, allowed: '1 with direct push', fix: 'leave workers out' });
  }
  return findings;
}

/** Clients without a password exist only where everything is admitted. */
export function checkAdmission({ mode, anonymous }: Admission): Finding[] {
  if (mode === 'open' || !anonymous) return [];
  return [{ rule: 'A1', subject: 'anonymous clients', got: 'admission strict', allowed: 'admission open', fix: 'choose admission open, or take allowAnonymous out' }];
}

/** `open` and anonymous beyond loopback must be asked for in so many words. An address that is not known yet may be anywhere. */
export function checkAnonymousExposure(
  { mode, anonymous }: Admission, listeners: ListenerBindings, publishBeyondLoopback: boolean, unknown: Unknown = allKnown,
): Finding[] {
  if (mode !== 'open' || !anonymous || publishBeyondLoopback) return [];
  const beyond = listenersOf(listeners).map(({ bindAddress }) => bindAddress).filter((address) => unknown(address) || !isLoopback(address));
  return beyond.length === 0 ? [] : [exposure(beyond.every(unknown) ? 'an address that is known only at deploy' : 'a port beyond loopback')];
}

/** The same of a document, which says of its listeners only whether all are on loopback (N5). */
export function checkDocumentExposure({ mode, anonymous, beyondLoopback = false }: Admission, loopbackOnly: boolean): Finding[] {
  return mode !== 'open' || !anonymous || beyondLoopback || loopbackOnly ? [] : [exposure('a port beyond loopback')];
}

function exposure(got: string): Finding {
  return {
    rule: 'A1', subject: 'listeners of an instance with anonymous clients', got, allowed: 'loopback addresses alone, written as text',
    fix: 'set bindAddress to 127.0.0.1, or publishAnonymousBeyondLoopback to true if everybody who reaches the host may connect',
  };
}
