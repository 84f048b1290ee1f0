/** I3: a resource is declared where its owner is. */
import type { IConstruct } from 'constructs';
import { Program, RegionFacts, isImported } from './facts';
import { Located, at } from './program-rules';
import { sameStack } from './support';

export function ownerFailures(program: Program): Located[] {
  const { topics, groups, accounts, keys, consoleUsers, bindings, instances, storages, backendUsers } = program;
  return [
    ...topics.filter(({ imported }) => !imported).flatMap(({ construct, name, owner }) =>
      misplaced(`parent topic ${name}`, construct, owner.kind === 'storage' ? `storage instance ${owner.name}` : `MQTT instance ${owner.instanceId}`, owner.construct, isImported(owner))),
    ...groups.filter(({ imported }) => !imported).flatMap(({ construct, name, instance }) =>
      misplaced(`group ${name}`, construct, `MQTT instance ${instance.instanceId}`, instance.construct, instance.imported)),
    ...accounts.filter(({ imported }) => !imported).flatMap(({ construct, name, instance }) =>
      misplaced(`account ${name}`, construct, `MQTT instance ${instance.instanceId}`, instance.construct, instance.imported)),
    ...keys.flatMap(({ construct, keyId, instance }) =>
      misplaced(`AccessKey ${keyId}`, construct, `MQTT instance ${instance.instanceId}`, instance.construct, instance.imported)),
    ...consoleUsers.flatMap(({ construct, name, instance }) =>
      misplaced(`console user ${name}`, construct, `MQTT instance ${instance.instanceId}`, instance.construct, instance.imported)),
    ...backendUsers.filter(({ storage }) => storage.origin !== 'url').flatMap(({ construct, name, storage }) =>
      misplaced(`backend user ${name}`, construct, `storage instance ${storage.name}`, storage.construct, isImported(storage))),
    ...bindings.filter(({ instance }) => instance.imported).flatMap(({ construct, instance }) =>
      misplaced('binding', construct, `MQTT instance ${instance.instanceId}`, instance.construct, true)),
    ...instances.filter(({ imported }) => !imported).flatMap(({ construct, instanceId, region, regionId }) =>
      outsideRegion(`MQTT instance ${instanceId}`, construct, region, regionId)),
    ...storages.filter(({ origin }) => origin === 'declared').flatMap(({ construct, name, region, regionId }) =>
      outsideRegion(`storage instance ${name}`, construct, region, regionId)),
  ];
}

function misplaced(what: string, construct: IConstruct, owner: string, ownerConstruct: IConstruct, imported: boolean): Located[] {
  if (!imported && sameStack(construct, ownerConstruct)) return [];
  const fix = imported ? 'declare it in the program that declares its owner' : `declare it in the stack of ${ownerConstruct.node.path}`;
  return at(construct, [{
    rule: 'I3', subject: what, got: imported ? `${owner}, which is imported here` : `${owner}, which is declared in another stack`,
    allowed: 'an owner that is declared in the same stack', fix,
  }]);
}

/** The Region's provider and network exist in its own stack alone. */
function outsideRegion(what: string, construct: IConstruct, region: RegionFacts | undefined, regionId: string): Located[] {
  if (region && !region.imported && sameStack(region.construct, construct)) return [];
  const imported = !region || region.imported;
  return at(construct, [{
    rule: 'I3', subject: `region of ${what}`, got: imported ? `region ${regionId}, which is imported here` : `Region ${region.construct.node.path} of another stack`,
    allowed: 'a Region that is declared in the same stack', fix: `declare a Region with regionId ${regionId} and the same host in this stack; quotas count over all stacks`,
  }]);
}
