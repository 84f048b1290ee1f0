/** Regions: ids, domains, hosts, quotas (I1, L1, L2, P2). */
import { checkDomain } from '../rules/addresses';
import { checkStoreMemory } from '../rules/editions';
import { Finding, show } from '../rules/finding';
import { checkRegionId } from '../rules/names';
import { QUOTA_WORDS, QuotaName, checkQuota, checkQuotaValues, sameRegion } from '../rules/regions';
import type { Program, RegionFacts } from './facts';
import { Located, at } from './program-rules';
import { sameStack, unresolved } from './support';

export function regionFailures(program: Program): Located[] {
  const declared = program.regions.filter(({ imported }) => !imported);
  return [
    ...declared.flatMap((region) => at(region.construct, [...ownFindings(region), ...twinFindings(region, declared), ...networkFindings(region, declared)])),
    ...quotaFailures(program, declared),
  ];
}

function ownFindings(region: RegionFacts): Finding[] {
  const { regionId, publicDomain, internalDomain, hostProblem } = region;
  const findings: Finding[] = unresolved(regionId)
    ? [plainText('region id')]
    : checkRegionId(regionId);
  if (!unresolved(publicDomain)) findings.push(...checkDomain('public domain', publicDomain));
  if (!unresolved(internalDomain)) findings.push(...checkDomain('internal domain', internalDomain));
  findings.push(...checkQuotaValues(region.quotas, unresolved));
  if (region.sharedMemoryMegabytes !== undefined) findings.push(...checkStoreMemory('standardStoreMemoryMegabytes', region.sharedMemoryMegabytes, unresolved));
  if (hostProblem !== undefined) {
    findings.push({
      rule: 'I1', subject: `gateway image of region ${show(regionId)}`, got: `none for the remote host ${unresolved(hostProblem) ? 'given' : hostProblem}`,
      allowed: 'the name of a prebuilt image: images cannot be built on a remote host', fix: 'build the image where you can, push it to a registry, and set gatewayImage',
    });
  }
  return findings;
}

export function plainText(subject: string): Finding {
  return { rule: 'I1', subject, got: 'a value that is known only at deploy', allowed: 'plain text at synth: it is part of names and records', fix: 'write the text itself' };
}

/** A region may be declared again in another stack: then it is the same host with the same quotas. */
function twinFindings(region: RegionFacts, declared: readonly RegionFacts[]): Finding[] {
  const first = declared.find((other) => sameRegion(other.regionId, region.regionId))!;
  if (first === region) return [];
  const subject = `region ${region.regionId}`;
  if (sameStack(first.construct, region.construct)) {
    return [{ rule: 'I1', subject, got: `a second Region of this id beside ${first.construct.node.path}`, allowed: 'one in a stack', fix: 'use the first, or give this one another regionId' }];
  }
  const findings: Finding[] = [];
  if (!unresolved(first.host) && !unresolved(region.host) && first.host !== region.host) {
    findings.push({ rule: 'L3', subject, got: `host ${region.host}, while ${first.construct.node.path} says ${first.host}`, allowed: 'one host a region', fix: 'declare the same host, or give this Region another regionId' });
  }
  for (const name of Object.keys(QUOTA_WORDS) as QuotaName[]) {
    const [a, b] = [first.quotas[name], region.quotas[name]];
    if (a === b || unresolved(a) || unresolved(b)) continue;
    findings.push({ rule: 'L1', subject: `quota ${name} of ${subject}`, got: `${b ?? 'none'}, while ${first.construct.node.path} says ${a ?? 'none'}`, allowed: 'one value for a region', fix: 'declare the same quota in both' });
  }
  return findings;
}

/** The internal domain is the name of a Docker network, of which a host has one of each name. */
function networkFindings(region: RegionFacts, declared: readonly RegionFacts[]): Finding[] {
  const { internalDomain, host } = region;
  if (unresolved(internalDomain) || unresolved(host)) return [];
  const first = declared.find((other) => other.host === host && other.internalDomain === internalDomain)!;
  // a second Region of one id is refused as that
  if (first === region || (sameRegion(first.regionId, region.regionId) && sameStack(first.construct, region.construct))) return [];
  return [{
    rule: 'P2', subject: 'internal domain', got: `${show(internalDomain)}, which ${first.construct.node.path} on the same host has too`,
    allowed: 'a domain of its own for each Region on a host', fix: 'leave internalDomain out, or choose another one',
  }];
}

/** L2: everything declared for the region, over every stack, imports and stores outside excluded. */
function quotaFailures(program: Program, declared: readonly RegionFacts[]): Located[] {
  const first = declared.filter((region) => declared.find((other) => sameRegion(other.regionId, region.regionId)) === region);
  return first.flatMap((region) => {
    const storage = (edition: string) => program.storages
      .filter((s) => s.origin === 'declared' && sameRegion(s.regionId, region.regionId) && s.edition === edition).map(({ construct }) => construct.node.path);
    const counted: { [K in QuotaName]: string[] } = {
      mqttInstances: program.instances.filter((i) => !i.imported && sameRegion(i.regionId, region.regionId)).map(({ construct }) => construct.node.path),
      standardStorage: storage('standard'),
      platinumStorage: storage('platinum'),
    };
    return (Object.keys(QUOTA_WORDS) as QuotaName[])
      .flatMap((name) => at(region.construct, checkQuota(region.regionId, name, region.quotas[name], counted[name], unresolved)));
  });
}
