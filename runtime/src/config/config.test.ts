import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocument, readJson, readOptionalDocument } from './files';
import { checkGatewayConfig } from './gateway-config';

const valid = {
  version: 1, instanceId: 'i', storageId: 's', replica: '1', revision: 'r', proxyProtocol: false, drainSeconds: 10, logLevel: 'info',
  listeners: { tcp: { bindAddress: '0.0.0.0', port: 1883 }, http: { bindAddress: '0.0.0.0', port: 18080 } },
};

describe('the gateway\'s configuration', () => {
  it('is accepted when it is complete; listeners may be off', () => {
    expect(checkGatewayConfig(valid).ok).toBe(true);
    expect(checkGatewayConfig({ ...valid, listeners: { http: valid.listeners.http } }).ok).toBe(true);
  });

  it.each([
    [{ ...valid, logLevel: 'loud' }, /logLevel is "loud", allowed is "trace" or "debug"/],
    [{ ...valid, drainSeconds: -1 }, /drainSeconds is -1, allowed is a whole number from 0 to 600/],
    [{ ...valid, listeners: {} }, /listeners.http is missing/],
    [{ ...valid, listeners: { ...valid.listeners, tcp: { bindAddress: '0.0.0.0', port: 70_000 } } }, /listeners.tcp.port is 70000, allowed is a whole number from 0 to 65535/],
    [{ ...valid, passwrod: 'x' }, /passwrod/],
    [null, /the document is null/],
  ])('says what is wrong: %#', (value, message) => {
    const checked = checkGatewayConfig(value);
    expect(checked.ok ? '' : checked.sentence).toMatch(message);
  });
});

describe('files', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'files-'));

  it('are named when they cannot be read, and never quoted', () => {
    const file = path.join(dir, 'secrets.json');
    expect(() => readJson(file)).toThrow(`cannot read ${file}: there is no such file`);
    expect(readOptionalDocument('secrets', file)).toBeNull();
    writeFileSync(file, '{"accessKeys": hush-hush');
    expect(() => readJson(file)).toThrow(`${file} is not valid JSON`);
    writeFileSync(file, '{"version": 1, "kind": "secrets", "accessKeys": {"k": ["hush-hush"]}, "tls": null}');
    expect(() => readDocument('secrets', file)).toThrow(/secrets document is not valid: accessKeys.k is a list of 1/);
    expect(() => readDocument('secrets', file)).not.toThrow(/hush/);
  });
});
