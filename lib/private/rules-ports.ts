/** P1: listeners that meet on one Docker host, over every stack. */
import { PortClash, PortUse, listenersOf, portClashes } from '../rules/addresses';
import type { Finding } from '../rules/finding';
import type { InstanceFacts, Program } from './facts';
import { Located, at } from './program-rules';
import { unresolved } from './support';

export function portFailures({ instances }: Program): Located[] {
  const uses = instances.filter(({ imported, region }) => !imported && region && !unresolved(region.host)).flatMap((instance): PortUse<InstanceFacts>[] =>
    listenersOf(instance.listeners).filter(({ port, bindAddress }) => !unresolved(port) && !unresolved(bindAddress))
      .map((listener) => ({ ...listener, owner: instance, host: instance.region!.host })));
  const byOwner = new Map<InstanceFacts, PortClash<InstanceFacts>[]>();
  for (const clash of portClashes(uses)) byOwner.set(clash.second.owner, [...(byOwner.get(clash.second.owner) ?? []), clash]);
  return [...byOwner].flatMap(([owner, clashes]) => at(owner.construct, [finding(clashes)]));
}

/** One sentence an instance: a copied declaration clashes with all its ports at once. */
function finding(clashes: readonly PortClash<InstanceFacts>[]): Finding {
  const [{ first, second, proposal }] = clashes;
  if (clashes.length === 1) {
    return {
      rule: 'P1', subject: `port of listener ${second.listener}`,
      got: `${second.bindAddress}:${second.port} on ${second.host}, which listener ${first.listener} of ${first.owner.construct.node.path} has too`,
      allowed: 'a port that is free on its host', fix: `set port to ${proposal}, which is free in this program, or bind to different addresses`,
    };
  }
  const others = [...new Set(clashes.map((clash) => clash.first.owner.construct.node.path))].join(', ');
  return {
    rule: 'P1', subject: `ports of ${clashes.length} listeners`,
    got: `${clashes.map((clash) => `${clash.second.listener} ${clash.second.port}`).join(', ')} on ${second.host}, which ${others} has too`,
    allowed: 'ports that are free on their host',
    fix: `set ${clashes.map((clash) => `${propertyOf(clash.second.listener)} ${clash.proposal}`).join(', ')}, which are free in this program, or bind to different addresses`,
  };
}

function propertyOf(listener: PortUse<unknown>['listener']): string {
  return listener === 'flash' ? 'flashPolicy.port' : `${listener}.port`;
}
