import { X509Certificate } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { EVENTS } from '../events';
import { Certificates, makeDevelopmentCertificate, type CertificatePair } from './certificates';

const silent = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

function store() {
  const kept = new Map<string, string>();
  return async (name: string, value: string) => {
    if (!kept.has(name)) kept.set(name, value);
    return kept.get(name)!;
  };
}

async function open(given: CertificatePair | null, keepValue = store()) {
  const events: string[] = [];
  const fields: object[] = [];
  const certificates = await Certificates.open({
    given, keepValue, hosts: ['mq.example.internal', '10.0.0.7'], logger: silent, onEvent: (event, more) => { events.push(event); fields.push(more); },
  });
  return { certificates, events, fields };
}

describe('development certificate', () => {
  it('is made once for all gateways of a storage, and stands for localhost and the given names', async () => {
    const keepValue = store();
    const one = await open(null, keepValue);
    const two = await open(null, keepValue);
    expect(two.certificates.current).toEqual(one.certificates.current);
    expect([one.events, two.events]).toEqual([[EVENTS.certificateMade], [EVENTS.certificateLoaded]]);
    const made = new X509Certificate(one.certificates.current.certificate);
    for (const name of ['localhost', 'mq.example.internal']) expect(made.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '::1', '10.0.0.7']) expect(made.checkIP(address)).toBe(address);
    expect(one.certificates.current.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(one.certificates.current.development).toBe(true);
  });

  it('is another one, with another key, for other names, and the first one again for the first names', async () => {
    const { certificates, events } = await open(null);
    const first = certificates.current;
    const changed = vi.fn();
    certificates.onChange(changed);
    expect(await certificates.update(null, ['10.0.0.7', 'mq.example.internal'])).toBe(false); // the same names in another order
    expect(await certificates.update(null, ['moved.example.internal'])).toBe(true);
    const { certificate, privateKey, fingerprint } = certificates.current;
    expect(new X509Certificate(certificate).checkHost('moved.example.internal')).toBe('moved.example.internal');
    expect(new X509Certificate(certificate).checkHost('mq.example.internal')).toBeUndefined();
    expect(privateKey).not.toBe(first.privateKey);
    expect(fingerprint).not.toBe(first.fingerprint);
    expect(await certificates.update(null, ['mq.example.internal', '10.0.0.7'])).toBe(true);
    expect(certificates.current.fingerprint).toBe(first.fingerprint);
    expect(changed).toHaveBeenCalledTimes(2);
    expect(events).toEqual([EVENTS.certificateMade, EVENTS.certificateMade, EVENTS.certificateLoaded]);
  });

  it('changed names change nothing while a given certificate is served', async () => {
    const given = await makeDevelopmentCertificate([]);
    const { certificates } = await open(given);
    expect(await certificates.update(given, ['moved.example.internal'])).toBe(false);
    expect(certificates.current.certificate).toBe(given.certificate);
  });

  it('the private key is in no event', async () => {
    const { certificates, fields } = await open(null);
    expect(JSON.stringify(fields)).toContain(certificates.current.fingerprint);
    expect(JSON.stringify(fields)).not.toContain('PRIVATE KEY');
  });
});

describe('given certificate', () => {
  it('is used, and reloaded when it changes', async () => {
    const [first, second] = [await makeDevelopmentCertificate([]), await makeDevelopmentCertificate([])];
    const { certificates, events } = await open(first);
    const changed = vi.fn();
    certificates.onChange(changed);
    expect(certificates.current).toMatchObject({ certificate: first.certificate, development: false });
    expect(await certificates.update(first)).toBe(false);
    expect(await certificates.update(second)).toBe(true);
    expect(certificates.current.certificate).toBe(second.certificate);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(events).toEqual([EVENTS.certificateLoaded, EVENTS.certificateLoaded]);
  });

  it('a bad one leaves the old one in place, and is an event without key material', async () => {
    const [first, second] = [await makeDevelopmentCertificate([]), await makeDevelopmentCertificate([])];
    const { certificates, events, fields } = await open(first);
    for (const bad of [
      { certificate: 'nonsense', privateKey: first.privateKey },
      { certificate: first.certificate, privateKey: 'nonsense' },
      { certificate: first.certificate, privateKey: second.privateKey },
    ]) expect(await certificates.update(bad)).toBe(false);
    expect(certificates.current.certificate).toBe(first.certificate);
    expect(events.slice(1)).toEqual([EVENTS.certificateRejected, EVENTS.certificateRejected, EVENTS.certificateRejected]);
    expect(JSON.stringify(fields)).not.toContain('PRIVATE KEY');
    expect(await certificates.update(second)).toBe(true);
  });

  it('one that is bad from the start gives way to a development certificate', async () => {
    const { certificates, events } = await open({ certificate: 'x', privateKey: 'y' });
    expect(certificates.current.development).toBe(true);
    expect(events).toEqual([EVENTS.certificateRejected, EVENTS.certificateMade]);
  });

  it('taken out of the declaration, the development certificate comes back', async () => {
    const { certificates } = await open(await makeDevelopmentCertificate([]));
    expect(await certificates.update(null)).toBe(true);
    expect(certificates.current.development).toBe(true);
  });
});
