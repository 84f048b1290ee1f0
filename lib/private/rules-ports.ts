/** P1: listeners that meet on one Docker host, over every stack. */
import { PortUse, listenersOf, portClashes } from '../rules/addresses';
import type { InstanceFacts, Program } from './facts';
import { Located, at } from './program-rules';
import { unresolved } from './support';

export function portFailures({ instances }: Program): Located[] {
  const uses = instances.filter(({ imported, region }) => !imported && region && !unresolved(region.host)).flatMap((instance): PortUse<InstanceFacts>[] =>
    listenersOf(instance.listeners).filter(({ port, bindAddress }) => !unresolved(port) && !unresolved(bindAddress))
      .map((listener) => ({ ...listener, owner: instance, host: instance.region!.host })));
  return portClashes(uses).flatMap(({ first, second, proposal }) => at(second.owner.construct, [{
    rule: 'P1', subject: `port of listener ${second.listener}`,
    got: `${second.bindAddress}:${second.port} on ${second.host}, which listener ${first.listener} of ${first.owner.construct.node.path} has too`,
    allowed: 'a port that is free on its host', fix: `set port to ${proposal}, which is free in this program, or bind to different addresses`,
  }]));
}
