import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createLogger } from '../logging';
import { DocumentStore } from '../testing/document-store';
import { instanceManifest, SEALING_KEY, secrets, storageManifest, topic } from '../testing/documents';
import { Generation } from './generation';
import { keepTrying } from './keep-trying';
import { takeIn, type Answer } from './take-in';

const folder = mkdtempSync(path.join(os.tmpdir(), 'generation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A container: its file lives as long as it, its process starts as often as Docker likes. */
class Container {
  private readonly file = path.join(folder, String(files++));

  constructor(private readonly store: DocumentStore, private readonly topics: string[], private readonly clock = Date.now) {}

  async run(): Promise<Answer[]> {
    const answers: Answer[] = [];
    await keepTrying({
      incoming: { storage: storageManifest({ topics: this.topics.map((name) => topic(name, { removalPolicy: 'destroy' })) }), instance: instanceManifest(), secrets: secrets() },
      storageId: 'store-1', sealingKey: SEALING_KEY, hash: this.topics.join(), generation: new Generation(this.file, this.clock),
      logger: createLogger({ level: 'silent' }), openStore: async () => this.store.asStore(), onAnswer: (answer) => void answers.push(answer),
    });
    return answers;
  }
}

/** Started in this order, a second apart. */
let now = 1_800_000_000_000;
const clock = () => (now += 1_000);
const topicsIn = (store: DocumentStore) => store.documents.storage?.topics.map(({ name }) => name);

describe('I4 what was deployed last stands', () => {
  it('a container of an earlier deploy that starts again writes nothing, and deletes nothing (I5)', async () => {
    const store = new DocumentStore();
    const [first, second] = [new Container(store, ['first'], clock), new Container(store, ['first', 'second'], clock)];
    expect(await first.run()).toMatchObject([{ accepted: true }]);
    expect(await second.run()).toMatchObject([{ accepted: true }]);
    const { writes } = store;
    expect(await first.run()).toEqual([{ accepted: true, hash: 'first', changed: false, warnings: [] }]); // it was, in its time
    expect(topicsIn(store)).toEqual(['first', 'second']);
    expect({ writes: store.writes, deleted: store.deleted }).toEqual({ writes, deleted: [] });
  });

  it('the container of the last deploy that starts again writes nothing either', async () => {
    const store = new DocumentStore();
    const container = new Container(store, ['first'], clock);
    await container.run();
    expect(await container.run()).toMatchObject([{ accepted: true, changed: false }]);
    expect(store.writes).toBe(1);
  });

  it('an older declaration that is deployed on purpose wins, and what it replaced does not come back', async () => {
    const store = new DocumentStore();
    const [first, second] = [new Container(store, ['first'], clock), new Container(store, ['first', 'second'], clock)];
    await first.run();
    await second.run();
    expect(await new Container(store, ['first'], clock).run()).toMatchObject([{ accepted: true, changed: true }]);
    const { writes } = store;
    for (const container of [first, second, first]) {
      await container.run();
      expect({ topics: topicsIn(store), writes: store.writes }).toEqual({ topics: ['first'], writes });
    }
  });

  it('one that never reached the store before a newer one was accepted is refused', async () => {
    const store = new DocumentStore();
    const early = new Generation(undefined, clock);
    await new Container(store, ['newer'], clock).run();
    const answer = await takeIn({
      store: store.asStore(), storageId: 'store-1', incoming: { storage: storageManifest(), instance: null, secrets: null }, sealingKey: SEALING_KEY, hash: 'early', generation: early,
    });
    expect(answer).toMatchObject({ accepted: false, superseded: true, sentence: expect.stringMatching(/a newer hand-over took the place of this one, so nothing is written; .*change it/) as string });
    expect(topicsIn(store)).toEqual(['newer']);
  });

  it('a deploy from a machine whose clock is behind is accepted', async () => {
    const store = new DocumentStore();
    const first = new Container(store, ['first'], clock);
    await first.run();
    expect(await new Container(store, ['other'], () => 1_000).run()).toMatchObject([{ accepted: true }]);
    await first.run();
    expect(topicsIn(store)).toEqual(['other']);
  });

  it('a person who hands over by hand is the newest', async () => {
    const store = new DocumentStore();
    const container = new Container(store, ['first'], clock);
    await container.run();
    const incoming = { storage: storageManifest({ topics: [topic('by-hand')] }), instance: null, secrets: null };
    expect(await takeIn({ store: store.asStore(), storageId: 'store-1', incoming, sealingKey: SEALING_KEY, hash: 'h' })).toMatchObject({ accepted: true, changed: true });
    await container.run();
    expect(topicsIn(store)).toEqual(['by-hand']);
  });

  it('S2 the storage and the instance are handed over apart', async () => {
    const store = new DocumentStore();
    const handOver = (incoming: Parameters<typeof takeIn>[0]['incoming'], time: number) =>
      takeIn({ store: store.asStore(), storageId: 'store-1', incoming, sealingKey: SEALING_KEY, hash: String(time), generation: new Generation(undefined, () => time) });
    const [ofStorage, ofInstance] = [{ storage: storageManifest(), instance: null, secrets: null }, { storage: null, instance: instanceManifest(), secrets: secrets() }];
    expect(await handOver(ofStorage, 1_000)).toMatchObject({ accepted: true });
    expect(await handOver(ofInstance, 3_000)).toMatchObject({ accepted: true });
    expect(await handOver({ ...ofStorage, storage: storageManifest({ topics: [topic('more')] }) }, 2_000)).toMatchObject({ accepted: true });
    expect(store.documents.handOver?.generations).toEqual({ storage: 2_000, instance: 3_000 });
  });

  it('an emptied store is filled by whoever comes', async () => {
    const store = new DocumentStore();
    const container = new Container(store, ['first'], clock);
    await container.run();
    store.documents = new DocumentStore().documents;
    expect(await container.run()).toMatchObject([{ accepted: true, changed: true }]);
    expect(topicsIn(store)).toEqual(['first']);
  });

  it('says when its file cannot be used', () => {
    expect(() => new Generation(path.join(folder, 'nowhere', 'file'))).toThrow(/cannot write .*nowhere\/file, which tells this hand-over from a newer one/);
    const file = path.join(folder, 'broken');
    writeFileSync(file, '{}');
    expect(() => new Generation(file)).toThrow(/broken: generation of the hand-over is not valid: startedAt is missing/);
    expect(readFileSync(file, 'utf8')).toBe('{}');
  });
});
