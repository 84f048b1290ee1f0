import { describe, expect, it } from 'vitest';
import { instanceManifest, secrets, storageManifest } from '../testing/documents';
import { checkDocument } from './check';

describe('N5 documents are checked when they are taken in', () => {
  it('accepts valid documents', () => {
    expect(checkDocument('storage', storageManifest())).toMatchObject({ ok: true });
    expect(checkDocument('instance', instanceManifest())).toMatchObject({ ok: true });
    expect(checkDocument('secrets', secrets())).toMatchObject({ ok: true });
  });

  it('says where, what was got and what is allowed', () => {
    const broken = { ...storageManifest(), topics: [{ ...storageManifest().topics[0], type: 'odd' }], durability: undefined };
    const checked = checkDocument('storage', broken);
    expect(checked).toMatchObject({
      ok: false,
      errors: [
        { path: 'durability', got: 'missing', allowed: '"always" or "everysec"' },
        { path: 'topics[0].type', got: '"odd"', allowed: '"normal" or "partition-ordered" or "global-ordered"' },
      ],
    });
  });

  it('names the range of a number', () => {
    const spec = { tps: 0, connections: 1.5, subscriptions: '7' };
    const checked = checkDocument('instance', { ...instanceManifest(), spec });
    expect(checked.ok ? [] : checked.errors).toEqual([
      { path: 'spec.tps', got: '0', allowed: 'a whole number from 1' },
      { path: 'spec.connections', got: '1.5', allowed: 'a whole number from 1' },
      { path: 'spec.subscriptions', got: '"7"', allowed: 'a whole number from 1' },
    ]);
  });

  it.each([[2, /newer library: use a gateway image/], [0, /older library: synthesize and deploy it again/]])('says what to do about version %d', (version, fix) => {
    const checked = checkDocument('instance', { ...instanceManifest(), version });
    expect(checked.ok ? '' : checked.sentence).toMatch(fix);
  });

  it.each([null, undefined, 7, 'text', [], {}])('refuses %j', (value) => {
    expect(checkDocument('instance', value).ok).toBe(false);
  });

  it('lets through what a newer library added', () => {
    expect(checkDocument('storage', { ...storageManifest(), added: true }).ok).toBe(true);
  });

  it('A6 never repeats a secret', () => {
    const checked = checkDocument('secrets', { ...secrets(), accessKeys: { key: ['hush-hush'] }, tls: { certificate: 'c', privateKey: 5 } });
    expect(checked.ok).toBe(false);
    expect(JSON.stringify(checked)).not.toContain('hush-hush');
    const access = { version: 1, kind: 'store', url: 'http://x', username: null, password: 'hush-hush', sealingKey: 'short-hush', admin: null };
    const stored = checkDocument('store', access);
    expect(stored.ok ? '' : stored.sentence).toMatch(/sealingKey is a text of 10 characters, allowed is a text of at least 32 characters/);
    expect(JSON.stringify(stored)).not.toContain('hush');
  });
});
