/** L1 and L2: how many instances a region may hold. */
import { Finding, Unknown, allKnown } from './finding';
import { checkWholeNumber } from './limits';

export interface Quotas {
  readonly mqttInstances: number;
  readonly standardStorage: number;
  /** null: no quota. */
  readonly platinumStorage: number | null;
}

/** Region ids are names in Docker, which are lower case. */
export function sameRegion(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Each region once, as it is written first. */
export function distinctRegions(ids: readonly string[]): string[] {
  return ids.filter((id, index) => ids.findIndex((other) => sameRegion(other, id)) === index);
}

/** Of the shared store's memory; the rest is for sessions, indexes and retained messages, which L4 bounds, and for the server. */
const PART_FOR_STORAGES = 0.8;
const MEBIBYTE = 1024 * 1024;

/** E6: what each standard storage instance of a region may fill with messages, traces, series and credentials, so that none takes the room of another. */
export function standardStorageBytes(memoryMegabytes: number, storages: number): number {
  return Math.floor((memoryMegabytes * MEBIBYTE * PART_FOR_STORAGES) / storages);
}

export type QuotaName = keyof Quotas;

export const DEFAULT_QUOTAS: Quotas = { mqttInstances: 8, standardStorage: 8, platinumStorage: null };

export const QUOTA_WORDS: { readonly [K in QuotaName]: string } = {
  mqttInstances: 'MQTT instances', standardStorage: 'standard storage instances', platinumStorage: 'platinum storage instances',
};

export function checkQuotaValues(quotas: Quotas, unknown: Unknown = allKnown): Finding[] {
  return (Object.keys(QUOTA_WORDS) as QuotaName[]).flatMap((name) => {
    const value = quotas[name];
    return value === null ? [] : checkWholeNumber('L1', `quota ${name}`, value, 0, 100_000, QUOTA_WORDS[name], unknown);
  });
}

/** `counted`: what counts, as a person knows it. */
export function checkQuota(regionId: string, name: QuotaName, quota: number | null, counted: readonly string[], unknown: Unknown = allKnown): Finding[] {
  return checkQuotaUse(regionId, name, quota, counted.length, unknown).map((finding) => ({ ...finding, got: `${finding.got} (${counted.join(', ')})` }));
}

export function checkQuotaUse(regionId: string, name: QuotaName, quota: number | null, used: number, unknown: Unknown = allKnown): Finding[] {
  if (quota === null || unknown(quota) || used <= quota) return [];
  return [{
    rule: 'L1', subject: `quota ${name} of region ${regionId}`, got: `${used} ${QUOTA_WORDS[name]}`,
    allowed: `at most ${quota}`, fix: 'declare some of them in another region, or raise the quota of this Region',
  }];
}
