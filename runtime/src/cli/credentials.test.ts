import { describe, expect, it } from 'vitest';
import { credentialsOf, signCredentials } from './credentials';

const given = { instance: 'i', clientId: 'GID_a@@@b', keyId: 'k', keySecret: 's' };

describe('A1 credentials on the command line', () => {
  it('are signed with the AccessKey', () => {
    // printf GID_a@@@b | openssl dgst -sha1 -hmac s -binary | base64
    const expected = { username: 'Signature|k|i', password: 'JvAG+oceolvUSB2SeSbMwkk7kWg=' };
    expect(signCredentials('k', 's', 'i', 'GID_a@@@b')).toEqual(expected);
    expect(credentialsOf(given, {})).toEqual(expected);
  });

  it('come from the environment; options win', () => {
    const env = { MQTTGW_KEY_ID: 'env-key', MQTTGW_KEY_SECRET: 's' };
    expect(credentialsOf({ instance: 'i', clientId: 'c' }, env)?.username).toBe('Signature|env-key|i');
    expect(credentialsOf(given, env)?.username).toBe('Signature|k|i');
  });

  it('are taken as they are', () => {
    expect(credentialsOf({ username: 'u', password: 'p' }, { MQTTGW_KEY_ID: 'k', MQTTGW_KEY_SECRET: 's' })).toEqual({ username: 'u', password: 'p' });
  });

  it('may be absent', () => {
    expect(credentialsOf({}, {})).toBeUndefined();
  });

  it.each([
    [{ username: 'u' }, /belong together/],
    [{ keySecret: 's' }, /without its id/],
    [{ keyId: 'k' }, /without its secret/],
    [{ keyId: 'k', keySecret: 's' }, /--instance is needed/],
    [{ keyId: 'k', keySecret: 's', instance: 'i' }, /--client-id is needed/],
    [{ ...given, keySecret: undefined, keySecretFile: '/nowhere' }, /cannot read the AccessKey secret from \/nowhere/],
  ])('say what is missing: %j', (options, message) => {
    expect(() => credentialsOf(options, {})).toThrow(message);
  });
});
