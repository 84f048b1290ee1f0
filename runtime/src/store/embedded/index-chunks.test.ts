import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Environment } from './environment';
import { IndexChunks } from './index-chunks';

const RUN = Array.from({ length: 100 }, (_, i) => 1_000 + i);
const LIST = [2_000, 2_001, 2_005, 2_009];
const SINGLE = [3_000];
const ALL = [...RUN, ...LIST, ...SINGLE];
const INDEX = 7;

describe('T3 what an index lists, as runs and as lists', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-index-'));
  let environment: Environment;
  let chunks: IndexChunks;
  beforeAll(async () => {
    environment = await Environment.open(folder, 'process');
    chunks = new IndexChunks(environment.index);
    await environment.write(() => [RUN, LIST, SINGLE].forEach((ids) => chunks.put(INDEX, ids)));
  });
  afterAll(async () => {
    await environment.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const read = (after: number, upTo: number, limit: number): number[] => environment.read(() => chunks.ids(INDEX, after, upTo, limit));

  test('every id comes back in order, once', () => expect(read(0, 10_000, 1_000)).toEqual(ALL));

  test.each([[1_049, 2_003], [1_098, 1_099], [2_001, 2_009], [999, 1_000], [2_009, 3_000]])('above %i, up to %i', (after, upTo) => {
    expect(read(after, upTo, 1_000)).toEqual(ALL.filter((id) => id > after && id <= upTo));
  });

  test('pages of any size go on where the last one ended', () => {
    const found: number[] = [];
    for (let page = read(0, 10_000, 7); page.length > 0; page = read(found.at(-1)!, 10_000, 7)) found.push(...page);
    expect(found).toEqual(ALL);
  });

  test('what lies behind trimming is counted exactly', () => {
    expect(environment.read(() => chunks.gone(INDEX, 1_089, 2_005))).toEqual({ ids: ALL.filter((id) => id > 1_089 && id <= 2_005), merged: 0 });
  });

  test('merged entries count what runs and lists held', async () => {
    const other = INDEX + 1;
    // 65 entries and more: the older half is merged
    const batches = Array.from({ length: 80 }, (_, n) => (n % 2 === 0 ? [100, 101, 102] : [100, 105]).map((id) => 1_000 * n + id));
    const total = batches.flat().length;
    await environment.write(() => {
      batches.forEach((ids) => chunks.put(other, ids));
      chunks.compact(other, 1_000_000, 1_000);
    });
    const { ids, merged } = environment.read(() => chunks.gone(other, 0, 1_000_000));
    expect(merged).toBeGreaterThan(0);
    expect(merged + ids.length).toBe(total);
  });

  test('a chunk is dropped when all of it is behind', async () => {
    const other = INDEX + 2;
    await environment.write(() => {
      chunks.put(other, RUN);
      chunks.put(other, LIST);
    });
    expect(await environment.write(() => chunks.dropThrough(other, 1_098, 10))).toBe(0);
    expect(await environment.write(() => chunks.dropThrough(other, 1_099, 10))).toBe(1);
    expect(environment.read(() => chunks.ids(other, 0, 10_000, 1_000))).toEqual(LIST);
  });
});
