import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seal, SealError, unseal } from './seal';

const KEY = 'k'.repeat(32);

describe('A6 secrets are sealed where they rest', () => {
  it('opens what it sealed', () => {
    fc.assert(fc.property(fc.string(), fc.string({ minLength: 32 }), fc.string({ minLength: 1 }), (clear, key, storageId) => {
      expect(unseal(seal(clear, key, storageId), key, storageId)).toBe(clear);
    }), { numRuns: 50 });
  });

  it('shows nothing of the text, and never the same twice', () => {
    const sealed = seal('quickstart-secret', KEY, 's');
    expect(Buffer.from(sealed.slice(3), 'base64url').toString('latin1')).not.toContain('quickstart');
    expect(seal('quickstart-secret', KEY, 's')).not.toBe(sealed);
  });

  it('refuses another key and another storage', () => {
    const sealed = seal('text', KEY, 's');
    expect(() => unseal(sealed, 'x'.repeat(32), 's')).toThrow(SealError);
    expect(() => unseal(sealed, KEY, 'another')).toThrow(SealError);
  });

  it('refuses every changed byte and every cut', () => {
    const sealed = seal('text', KEY, 's');
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => unseal(`v1.${changed.toString('base64url')}`, KEY, 's')).toThrow(SealError);
      expect(() => unseal(`v1.${bytes.subarray(0, index).toString('base64url')}`, KEY, 's')).toThrow(SealError);
    }
    expect(() => unseal('v2.abc', KEY, 's')).toThrow(/format/);
    expect(() => unseal('', KEY, 's')).toThrow(SealError);
  });

  it('refuses a short key', () => {
    expect(() => seal('text', 'k'.repeat(31), 's')).toThrow(/has 31 characters, at least 32/);
  });
});
