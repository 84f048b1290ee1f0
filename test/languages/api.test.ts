/** The public interface: every word of it is explained, the page about it is up to date, and no release is broken. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Docs { readonly summary?: string; readonly default?: string }
interface Member { readonly name: string; readonly optional?: boolean; readonly docs?: Docs; readonly type?: { readonly primitive?: string } }
interface Type { readonly name: string; readonly datatype?: boolean; readonly docs?: Docs; readonly properties?: Member[]; readonly methods?: Member[]; readonly members?: Member[] }
interface Assembly { readonly types: Readonly<Record<string, Type>> }

const { assembly, apiPage, brokenPromises, renderApiPage, releasedFile } = (await import('../../scripts/lib/api.mjs' as string)) as {
  assembly(): Assembly; apiPage: string; releasedFile: string; renderApiPage(): Promise<string>; brokenPromises(released?: Assembly): Promise<string[]>;
};

const types = Object.values(assembly().types);
const membersOf = (type: Type): Member[] => [...(type.properties ?? []), ...(type.methods ?? []), ...(type.members ?? [])];
const named = (type: Type, member: Member): string => `${type.name}.${member.name}`;

describe('the public interface', () => {
  it('has a sentence for every type and member', () => {
    expect(types.filter(({ docs }) => !docs?.summary).map(({ name }) => name)).toEqual([]);
    expect(types.flatMap((type) => membersOf(type).filter(({ docs }) => !docs?.summary).map((member) => named(type, member)))).toEqual([]);
  });

  it('says for every property that may be left out what holds then', () => {
    const structs = types.filter(({ datatype }) => datatype);
    expect(structs.length).toBeGreaterThan(10);
    expect(structs.flatMap((type) => membersOf(type).filter(({ optional, docs }) => optional && !docs?.default).map((member) => named(type, member)))).toEqual([]);
  });

  it('says for every number what it counts', () => {
    const unit = /Seconds|Megabytes|Bytes|Percent|\b(port|seconds|MiB|bytes|characters|messages|connections|subscriptions|topics|filters|gateways|processes|instances|days)\b/i;
    const numbers = types.filter(({ datatype }) => datatype).flatMap((type) => membersOf(type).filter((member) => member.type?.primitive === 'number').map((member) => [type, member] as const));
    expect(numbers.length).toBeGreaterThan(15);
    expect(numbers.filter(([, { name, docs }]) => !unit.test(`${name} ${docs?.summary ?? ''}`)).map(([type, member]) => named(type, member))).toEqual([]);
  });

  it('is what API.md shows; otherwise run `npm run docs`', async () => {
    expect(await renderApiPage() === readFileSync(apiPage, 'utf8')).toBe(true);
  });

  it('breaks nothing of the last release but what api/allowed-changes.txt gives a reason for', async () => {
    expect(await brokenPromises()).toEqual([]);
  });

  it('would be caught breaking a promise', async () => {
    const released = JSON.parse(readFileSync(releasedFile, 'utf8')) as { types: Record<string, { methods: { name: string }[]; properties: { name: string; optional?: boolean }[] }> };
    released.types['cdktf-mqtt-gateway.MqttInstance']!.methods.find(({ name }) => name === 'addGroupId')!.name = 'addGroup';
    delete released.types['cdktf-mqtt-gateway.MqttInstanceProps']!.properties.find(({ name }) => name === 'region')!.optional;
    released.types['cdktf-mqtt-gateway.RegionProps']!.properties.push({ ...released.types['cdktf-mqtt-gateway.RegionProps']!.properties[0]!, name: 'formerProperty' });
    const broken = await brokenPromises(released as unknown as Assembly);
    expect(broken).toEqual(expect.arrayContaining([expect.stringContaining('MqttInstance.addGroup: has been removed'), expect.stringContaining('formerProperty')]));
  });
});
