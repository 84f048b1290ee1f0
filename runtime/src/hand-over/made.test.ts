import { describe, expect, it } from 'vitest';
import { instanceManifest, secrets, storageManifest, topic } from '../testing/documents';
import { decideHandOver, type Current, type Incoming } from './decide';

const made = {
  topics: [{ ...topic('by-hand'), account: 'main', createdAt: 1 }],
  groups: [{ name: 'GID_by_hand', account: 'main', remark: '', createdAt: 1 }],
};
const CURRENT: Current = { storage: storageManifest(), instance: instanceManifest(), boundTo: 'quickstart', made };
const incoming = (more: Partial<Incoming> = {}): Incoming => ({ storage: storageManifest(), instance: instanceManifest(), secrets: secrets(), ...more });

describe('I4 what the control API made, as a hand-over meets it', () => {
  it('stays as it is when it is not declared', () => {
    expect(decideHandOver(CURRENT, incoming())).toMatchObject({ accept: true, next: { made, destroyedLogs: [] } });
  });

  it('stays when a storage, or an instance, is handed over alone', () => {
    expect(decideHandOver(CURRENT, incoming({ instance: null, secrets: null }))).toMatchObject({ accept: true, next: { made } });
    expect(decideHandOver(CURRENT, incoming({ storage: null }))).toMatchObject({ accept: true, next: { made } });
  });

  it('is adopted by a declaration of its name, and nothing of it is destroyed', () => {
    const storage = storageManifest({ topics: [topic('demo'), topic('by-hand', { removalPolicy: 'destroy' })] });
    const instance = instanceManifest({ groups: [{ name: 'GID_demo', account: 'main', remark: '' }, { name: 'GID_by_hand', account: 'main', remark: '' }] });
    expect(decideHandOver(CURRENT, incoming({ storage, instance }))).toMatchObject({ accept: true, next: { made: { topics: [], groups: [] }, destroyedLogs: [] } });
  });

  it('counts for names (N2) and limits (L4)', () => {
    expect(decideHandOver(CURRENT, incoming({ storage: storageManifest({ topics: [topic('BY-HAND')] }) }))).toMatchObject({ accept: false, sentence: expect.stringMatching(/^N2: .*"BY-HAND".*"by-hand", made through the control API/) });
    const { limits } = instanceManifest();
    expect(decideHandOver(CURRENT, incoming({ instance: instanceManifest({ limits: { ...limits, parentTopics: 1 } }) }))).toMatchObject({ accept: false, sentence: expect.stringMatching(/^L4: .*got 2, 1 of them made through the control API/) });
  });

  it('L4 S2 counts for an instance that comes alone too: what was made before anything was bound, and limits that are lowered', () => {
    const { limits } = instanceManifest();
    const alone = incoming({ storage: null, instance: instanceManifest({ limits: { ...limits, parentTopics: 1 } }) });
    for (const boundTo of [null, 'quickstart']) {
      expect(decideHandOver({ ...CURRENT, ...(boundTo === null && { instance: null }), boundTo }, alone)).toMatchObject({ accept: false, sentence: expect.stringMatching(/^L4: .*got 2, 1 of them made through the control API or on the storage side/) });
    }
  });

  it('says nothing where nothing was ever made', () => {
    expect(decideHandOver({ ...CURRENT, made: undefined }, incoming())).toMatchObject({ accept: true, next: { made: undefined } });
  });
});
