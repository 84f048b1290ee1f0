import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../test/setup/ports';
import type { InstanceManifest, InstanceSecrets } from '../../lib/manifest/manifest';
import type { GatewayConfig } from './config/gateway-config';
import { startGateway, type Gateway } from './gateway';
import { takeIn } from './hand-over/take-in';
import { createLogger } from './logging';
import { makeDevelopmentCertificate } from './net/certificates';
import { seal } from './seal';
import { EmbeddedStore } from './store/embedded/embedded-store';
import type { Store } from './store/contract';
import { instanceManifest, SEALING_KEY, secrets, storageManifest } from './testing/documents';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => { for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp(); });

async function newStore(directory: string): Promise<Store> {
  const store = new EmbeddedStore({ directory, storageId: 'store-1' });
  await store.open();
  cleanUps.push(() => store.close());
  return store;
}

/** A storage with a store of the test's own on it. */
async function storage(): Promise<{ directory: string; store: Store; handOver(instance?: Partial<InstanceManifest>, tlsPair?: InstanceSecrets['tls']): Promise<void> }> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-gateway-'));
  cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
  const store = await newStore(directory);
  let hash = 0;
  return {
    directory, store,
    async handOver(instance = {}, tlsPair = null) {
      const incoming = { storage: storageManifest(), instance: instanceManifest(instance), secrets: { ...secrets(), tls: tlsPair } };
      const answer = await takeIn({ store, storageId: 'store-1', incoming, sealingKey: SEALING_KEY, hash: String(++hash) });
      if (!answer.accepted) throw new Error(answer.sentence);
    },
  };
}

const on = { bindAddress: '127.0.0.1', port: 0 };

function configOf(more: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    version: 1, instanceId: 'quickstart', storageId: 'store-1', replica: '1', revision: 'r1', proxyProtocol: false, drainSeconds: 2, logLevel: 'silent',
    listeners: { tcp: on, tls: on, http: on }, ...more,
  };
}

function begin(directory: string, more: Partial<GatewayConfig> = {}, signal?: AbortSignal): Promise<Gateway> {
  const started = startGateway({
    config: configOf(more), store: new EmbeddedStore({ directory, storageId: 'store-1' }), sealingKey: SEALING_KEY, signal, logger: createLogger({ level: 'silent' }),
  });
  cleanUps.push(() => started.then((gateway) => gateway.stop(), () => undefined));
  return started;
}

async function readyz(port: number): Promise<{ status: number; reasons: string[] }> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  return { status: response.status, reasons: (await response.json() as { reasons: string[] }).reasons };
}

async function fingerprintAt(port: number): Promise<string> {
  return (await certificateAt(port)).fingerprint256;
}

function certificateAt(port: number): Promise<tls.PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe('a gateway starts', () => {
  it('when documents are there, and says until then why it is not ready', async () => {
    const { directory, handOver } = await storage();
    const http = { bindAddress: '127.0.0.1', port: await freePort() };
    const started = begin(directory, { listeners: { tcp: on, http } });
    await expect.poll(() => readyz(http.port).catch(() => undefined)).toEqual({ status: 503, reasons: ['no declaration has been handed over yet'] });
    await handOver();
    const gateway = await started;
    expect(gateway.status()).toMatchObject({ ready: true, documentsRevision: 1 });
    expect(await readyz(http.port)).toEqual({ status: 200, reasons: [] });
  });

  it('B1 not on a store that belongs to another instance', async () => {
    const { directory, handOver } = await storage();
    await handOver();
    await expect(begin(directory, { instanceId: 'other' })).rejects.toThrow(/bound to MQTT instance "quickstart", so a gateway of "other" does not start here \(B1\)/);
  });

  it('not on a port that is taken, and names it', async () => {
    const { directory, handOver } = await storage();
    await handOver();
    const first = await begin(directory);
    const { tcp = on, http } = first.listeners;
    await expect(begin(directory, { listeners: { http } })).rejects.toThrow(`port ${http.port} on 127.0.0.1 (listener http) is used by another process`);
    await expect(begin(directory, { listeners: { tcp, http: on } })).rejects.toThrow(`port ${tcp.port} on 127.0.0.1 (listener tcp) is used by another process`);
  });

  it('and ends while it waits, when it is told to', async () => {
    const { directory } = await storage();
    const abort = new AbortController();
    const started = begin(directory, {}, abort.signal);
    setTimeout(() => abort.abort(), 50);
    await expect(started).rejects.toThrow(/abort/i);
  });
});

describe('a gateway follows its documents', () => {
  it('serves a given certificate, and a changed one, while a client stays connected', async () => {
    const { directory, store, handOver } = await storage();
    await handOver();
    const gateway = await begin(directory);
    const port = gateway.listeners.tls?.port ?? 0;
    const development = await fingerprintAt(port);
    expect(gateway.certificateFingerprint).toBe(development);
    const clientId = 'GID_demo@@@stays';
    const { signPassword } = await import('./auth/signature');
    const client = await mqtt.connectAsync(`mqtts://127.0.0.1:${port}`, {
      clientId, username: 'Signature|quickstart-key|quickstart', password: signPassword('quickstart-secret', clientId), rejectUnauthorized: false, reconnectPeriod: 0,
    });
    let lost = false;
    client.on('close', () => { lost = true; });
    await handOver({}, await makeDevelopmentCertificate(['given.example.com']));
    await expect.poll(() => fingerprintAt(port)).not.toBe(development);
    expect(lost).toBe(false);
    // one that cannot be used changes nothing; a hand-over would have refused it
    const given = gateway.certificateFingerprint;
    const { revision, ...documents } = await store.readDocuments();
    const unusable = { ...secrets(), tls: { certificate: 'not PEM', privateKey: 'neither' } };
    await store.writeDocuments({ ...documents, sealedSecrets: seal(JSON.stringify(unusable), SEALING_KEY, 'store-1') }, revision);
    await expect.poll(() => gateway.status().documentsRevision).toBe(3);
    expect(await fingerprintAt(port)).toBe(given);
    await client.endAsync();
  });

  it('P2 serves a development certificate for the domains that are declared now, with a key of its own', async () => {
    const { directory, handOver } = await storage();
    const at = (domain: string) => ({ publicEndpoints: { tls: { address: `${domain}:8883`, url: `mqtts://${domain}:8883` } } });
    await handOver(at('one.example.com'));
    const gateway = await begin(directory);
    const port = gateway.listeners.tls?.port ?? 0;
    const first = await certificateAt(port);
    expect(first.subjectaltname).toContain('DNS:one.example.com');
    await handOver(at('two.example.com'));
    await expect.poll(() => fingerprintAt(port)).not.toBe(first.fingerprint256);
    const second = await certificateAt(port);
    expect(second.subjectaltname).toContain('DNS:two.example.com');
    expect(second.subjectaltname).not.toContain('one.example.com');
    expect(second.pubkey).not.toEqual(first.pubkey);
    expect(gateway.certificateFingerprint).toBe(second.fingerprint256);
    await gateway.stop();
    // the next gateway shows the same one
    const next = await begin(directory);
    expect(next.certificateFingerprint).toBe(second.fingerprint256);
  });

  it('keeps what it has when new documents cannot be read', async () => {
    const { directory, store, handOver } = await storage();
    await handOver();
    const gateway = await begin(directory);
    const { revision, ...documents } = await store.readDocuments();
    await store.writeDocuments({ ...documents, sealedSecrets: 'v1.AAAA' }, revision);
    await expect.poll(() => gateway.status().documentsProblem).toMatch(/sealed secrets/);
    expect(gateway.status()).toMatchObject({ ready: true, documentsRevision: revision });
  });
});

describe('a gateway among others', () => {
  it('E1 is not ready once a newer deployment is, and ready again when that goes', async () => {
    const { directory, handOver } = await storage();
    await handOver();
    const old = await begin(directory);
    const newer = await begin(directory, { revision: 'r2' });
    await expect.poll(() => old.status().reasons).toEqual(['superseded: a newer deployment is ready']);
    expect(newer.status().ready).toBe(true);
    await newer.stop();
    await expect.poll(() => old.status().ready).toBe(true);
  });

  it('leaves no record behind, and keeps its HTTP listener until the end', async () => {
    const { directory, store, handOver } = await storage();
    await handOver();
    const gateway = await begin(directory);
    expect(await store.gateways()).toMatchObject([{ instanceId: 'quickstart', replica: '1', ready: true }]);
    const stopping = gateway.stop();
    expect(gateway.status().reasons).toEqual(['draining: the gateway is stopping']);
    await stopping;
    expect(await store.gateways()).toEqual([]);
  });
});
