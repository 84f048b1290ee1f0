import { describe, expect, it } from 'vitest';
import type { NamedRecord, Store } from '../contract';
import { Recorder, until, type Bench } from './bench';

const kind = 'device-credential';

async function all(store: Store, of: string, limit: number): Promise<readonly NamedRecord[]> {
  const found: NamedRecord[] = [];
  for (let after: string | null = null; ;) {
    const page = await store.pageRecords(of, after, limit);
    expect(page.records.length).toBeLessThanOrEqual(limit);
    found.push(...page.records);
    if (page.next === null) return found;
    after = page.next;
  }
}

async function value(store: Store, id: string): Promise<string | undefined> {
  return (await store.readRecords(kind, [id]))[0]?.value;
}

export function describeNamedRecords(bench: Bench): void {
  describe('named records', () => {
    it('A2 A3 puts over the version that was read and nothing else; every gateway sees it', async () => {
      const other = await bench.connect();
      const first = await bench.store.putRecord({ kind, id: 'GID_a@@@1', value: 'one', expectedVersion: 0 });
      expect(first).toBeGreaterThan(0);
      expect(await other.putRecord({ kind, id: 'GID_a@@@1', value: 'two', expectedVersion: 0 })).toBeNull();
      const second = await other.putRecord({ kind, id: 'GID_a@@@1', value: 'two', expectedVersion: first });
      expect(second).toBeGreaterThan(first!);
      expect(await bench.store.putRecord({ kind, id: 'GID_a@@@1', value: 'three', expectedVersion: first })).toBeNull();
      expect(await bench.store.readRecords(kind, ['none', 'GID_a@@@1'])).toEqual([undefined, { id: 'GID_a@@@1', value: 'two', version: second, expiresAt: null }]);
      const third = await bench.store.putRecord({ kind, id: 'GID_a@@@1', value: '', expectedVersion: null });
      expect(third).toBeGreaterThan(second!);
      expect(await value(other, 'GID_a@@@1')).toBe('');
    });

    it('deletes by version or whatever stands, and a record that comes back has a version of its own', async () => {
      const { store } = bench;
      const version = await store.putRecord({ kind, id: 'x', value: '1', expectedVersion: 0 });
      expect(await store.deleteRecord(kind, 'x', version! + 1)).toBe(false);
      expect(await store.deleteRecord(kind, 'x', version)).toBe(true);
      expect(await store.deleteRecord(kind, 'x', null)).toBe(false);
      expect(await value(store, 'x')).toBeUndefined();
      expect(await store.putRecord({ kind, id: 'x', value: '2', expectedVersion: version })).toBeNull();
      expect(await store.putRecord({ kind, id: 'x', value: '2', expectedVersion: 0 })).toBeGreaterThan(version!);
      expect(await store.deleteRecord(kind, 'x', null)).toBe(true);
    });

    it('A2 A3 an owner has as many of a kind as it may, over all gateways: replacing, deleting and expiry count', async () => {
      const other = await bench.connect();
      const put = (store: Store, id: string, name = 'main', expiresAt: number | null = null, of = kind) =>
        store.putRecord({ kind: of, id, value: 'v', expectedVersion: null, expiresAt, owner: { name, most: 3 } });
      const exceeded = { name: 'RecordsExceededError', message: expect.stringMatching(/"main" .* device-credential .* 3$/) as string };
      const soon = Date.now() + 300;
      await put(bench.store, 'a');
      await put(other, 'b');
      await put(bench.store, 'short', 'main', soon);
      await expect(put(bench.store, 'd')).rejects.toMatchObject(exceeded);
      await expect(put(other, 'd')).rejects.toMatchObject(exceeded);
      expect(await value(other, 'd')).toBeUndefined();
      for (const fine of [put(other, 'a'), put(bench.store, 'd', 'sub'), put(bench.store, 'd', 'main', null, 'token-revocation'), bench.store.putRecord({ kind, id: 'nobody', value: '', expectedVersion: 0 })]) expect(await fine).not.toBeNull();
      expect(await bench.store.readRecords(kind, ['d'])).toEqual([{ id: 'd', value: 'v', version: expect.any(Number) as number, expiresAt: null }]);
      expect(await other.deleteRecord(kind, 'b', null)).toBe(true);
      await put(other, 'e');
      await expect(put(other, 'f')).rejects.toMatchObject(exceeded);
      await until(async () => (await bench.store.expireRecords()) === 1);
      await put(other, 'f');
      await expect(put(other, 'g')).rejects.toMatchObject(exceeded);
      await put(other, 'f', 'sub'); // it changes hands
      await put(other, 'g');
      await expect(put(other, 'h')).rejects.toMatchObject(exceeded);
    });

    it('pages through one kind: each record once, whatever its id and value hold', async () => {
      const { store } = bench;
      const ids = ['a', 'a:b', '温度计@@@1', 'with space', `GID_long@@@${'x'.repeat(600)}`, '__proto__', ...Array.from({ length: 30 }, (_, i) => `n${i}`)];
      for (const id of ids) await store.putRecord({ kind, id, value: `line\n"${id}" 0 1`, expectedVersion: 0 });
      await store.putRecord({ kind: 'device', id: 'a', value: 'of another kind', expectedVersion: 0 });
      for (const limit of [1, 7, ids.length, 100]) {
        const records = await all(store, kind, limit);
        expect(records.map(({ id }) => id).sort()).toEqual([...ids].sort());
        for (const record of records) expect(record.value).toBe(`line\n"${record.id}" 0 1`);
      }
      expect((await store.readRecords(kind, ids)).map((record) => record?.id)).toEqual(ids);
      expect((await all(store, 'device', 10)).map((record) => record.value)).toEqual(['of another kind']);
      expect(await all(store, 'none', 10)).toEqual([]);
    });

    it('an expired record counts as absent, goes with a chore, and leaves the others', async () => {
      const { store } = bench;
      const soon = Date.now() + 300;
      await store.putRecord({ kind, id: 'short', value: 's', expectedVersion: 0, expiresAt: soon });
      await store.putRecord({ kind, id: 'long', value: 'l', expectedVersion: 0, expiresAt: Date.now() + 3_600_000 });
      await store.putRecord({ kind, id: 'kept', value: 'k', expectedVersion: 0, expiresAt: soon });
      await store.putRecord({ kind, id: 'kept', value: 'k', expectedVersion: null }); // the expiry is of the record, not of the id
      await until(async () => (await value(store, 'short')) === undefined);
      expect((await all(store, kind, 10)).map(({ id }) => id).sort()).toEqual(['kept', 'long']);
      expect(await store.deleteRecord(kind, 'short', null)).toBe(false);
      expect(await store.expireRecords()).toBe(1);
      expect(await store.expireRecords()).toBe(0);
      expect(await value(store, 'long')).toBe('l');
      expect(await value(store, 'kept')).toBe('k');
      await store.putRecord({ kind, id: 'again', value: '1', expectedVersion: 0, expiresAt: Date.now() + 1 });
      await until(async () => (await value(store, 'again')) === undefined);
      expect(await store.putRecord({ kind, id: 'again', value: '2', expectedVersion: 0 })).not.toBeNull();
      expect(await store.expireRecords()).toBe(0);
      expect(await value(store, 'again')).toBe('2');
    });

    it('A2 tells every gateway of each change, with the revision of its kind', async () => {
      const other = await bench.connect();
      const recorder = await Recorder.follow(other);
      expect(await other.recordsRevision(kind)).toBe(0);
      const version = await bench.store.putRecord({ kind, id: 'GID_a@@@温', value: 'secret', expectedVersion: 0 });
      await bench.store.putRecord({ kind, id: 'GID_a@@@温', value: 'no', expectedVersion: 77 });
      await bench.store.putRecord({ kind: 'token-revocation', id: 't', value: '', expectedVersion: null });
      await bench.store.deleteRecord(kind, 'GID_a@@@温', null);
      await until(() => recorder.notices.length >= 3);
      expect(recorder.notices).toEqual([
        { kind: 'records', recordKind: kind, id: 'GID_a@@@温', revision: version },
        { kind: 'records', recordKind: 'token-revocation', id: 't', revision: 1 },
        { kind: 'records', recordKind: kind, id: 'GID_a@@@温', revision: version! + 1 },
      ]);
      expect(await other.recordsRevision(kind)).toBe(version! + 1);
      expect(await other.recordsRevision('token-revocation')).toBe(1);
      await recorder.close();
    });
  });
}
