/** `mqttgw dev --workers`: several processes share the ports and one embedded store. */
import net from 'node:net';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signPassword } from '../../runtime/src/auth/signature';
import { pids, workerOf } from '../gateway/worker-log';
import { connect, freePorts, mqttgw, portArguments, startDev, synthesize, temporaryFolder, urlOf, type Dev, type MqttListener } from './support';

const WORKERS = 2;
const MESSAGES = 10_000;
const PUBLISHERS = 10;

let synth: string;
beforeAll(async () => { synth = await synthesize('quickstart'); });
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp(); });

const argumentsOf = (data: string): string[] => ['--synth', synth, '--data', data, '--workers', String(WORKERS), '--log-level', 'info'];

async function start(data = temporaryFolder()): Promise<Dev & { log(): string }> {
  const dev = await startDev(argumentsOf(data), await freePorts());
  cleanUps.push(() => dev.kill9());
  return { ...dev, log: () => dev.stderr() };
}

/** A client that reconnects by itself, as devices do. */
async function device(dev: Dev, clientId: string, clean = true): Promise<MqttClient> {
  const client = mqtt.connect(urlOf('tcp', dev.ports), {
    clientId, username: 'Signature|quickstart-key|quickstart', password: signPassword('quickstart-secret', clientId),
    protocolVersion: 4, clean, reconnectPeriod: 100,
  });
  client.on('error', () => undefined);
  cleanUps.push(() => client.endAsync(true).catch(() => undefined));
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  return client;
}

describe('workers on the embedded store', () => {
  it('messages cross, on every listener, and Ctrl-C ends all with 0', async () => {
    const dev = await start();
    const add = async (listener: MqttListener, n: number) => {
      const clientId = `GID_demo@@@${listener}-${n}`;
      const device = await connect(listener, dev.ports, clientId);
      return { clientId, worker: await workerOf(dev, clientId), ...device };
    };
    const devices = await Promise.all((['tcp', 'tls', 'websocket', 'websocketTls'] as const).flatMap((listener) => [1, 2].map((n) => add(listener, n))));
    const workers = () => new Set(devices.map(({ worker }) => worker)).size;
    // the system decides which worker accepts: go on until both have
    for (let n = 3; workers() < WORKERS && n < 200; n++) devices.push(await add('tcp', n));
    expect(workers()).toBe(WORKERS);
    await Promise.all(devices.map(({ client }) => client.subscribeAsync('demo/#', { qos: 1 })));
    await Promise.all(devices.map(({ client, clientId }) => client.publishAsync('demo/x', clientId, { qos: 1 })));
    const all = devices.map(({ clientId }) => clientId).sort();
    await expect.poll(() => devices.map(({ received }) => [...received].sort())).toEqual(devices.map(() => all));
    for (const { client } of devices) await client.endAsync();
    expect(await dev.stop()).toMatchObject({ code: 0, stdout: expect.stringMatching(/stopped\n$/) });
  });

  it('C1 a Client ID is taken over from the other worker', async () => {
    const dev = await start();
    const workers = new Set<number>();
    // the system decides which worker accepts: go on until both have
    for (let n = 0, earlier: MqttClient | null = null; n < 6 || (workers.size < WORKERS && n < 200); n++) {
      const clientId = 'GID_demo@@@taken';
      const gone = earlier && new Promise<void>((resolve) => earlier!.once('close', () => resolve()));
      ({ client: earlier } = await connect('tcp', dev.ports, clientId, { clean: false }));
      const { client } = { client: earlier };
      cleanUps.push(() => client.endAsync(true));
      await gone;
      await client.publishAsync('demo/x', String(n), { qos: 1 });
      workers.add(await workerOf(dev, clientId));
    }
    expect(workers.size).toBe(WORKERS);
  });

  it(`T5 kill -9 of a worker in the middle of ${MESSAGES} QoS 1 publishes loses nothing that was acknowledged`, async () => {
    const dev = await start();
    const offline = await device(dev, 'GID_demo@@@offline', false);
    await offline.subscribeAsync('demo/crash/#', { qos: 1 });
    await offline.endAsync();
    const ledger = new Set<string>();
    const publishing = Promise.all(Array.from({ length: PUBLISHERS }, async (_, p) => {
      const client = await device(dev, `GID_demo@@@publisher-${p}`, false);
      let next = 0;
      await Promise.all(Array.from({ length: 20 }, async () => {
        while (next < MESSAGES / PUBLISHERS) {
          const payload = `${p}:${next++}`;
          await client.publishAsync(`demo/crash/${p}`, payload, { qos: 1 });
          ledger.add(payload);
        }
      }));
    }));
    for (const [worker, share] of [[1, 0.3], [2, 0.6]] as const) {
      while (ledger.size < MESSAGES * share) await new Promise((resolve) => setTimeout(resolve, 2));
      await expect.poll(() => pids(dev).size).toBe(WORKERS);
      process.kill(pids(dev).get(worker)!, 'SIGKILL');
    }
    await publishing;
    expect(ledger.size).toBe(MESSAGES);

    const { client, received } = await connect('tcp', dev.ports, 'GID_demo@@@offline', { clean: false });
    const absent = (): string[] => { const got = new Set(received); return [...ledger].filter((payload) => !got.has(payload)); };
    await expect.poll(absent, { timeout: 30_000 }).toEqual([]);
    await client.endAsync();
    expect((await dev.stop()).code).toBe(0);
  });

  it('ports and the data folder are refused in one message', async () => {
    const data = temporaryFolder();
    const ports = await freePorts();
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen(ports.tcp, '127.0.0.1', resolve));
    cleanUps.push(() => new Promise((resolve) => other.close(resolve)));
    const { code, stderr } = await mqttgw(['dev', ...argumentsOf(data), ...portArguments(ports)]);
    expect({ code, mentions: stderr.match(/used by another process/g)?.length }).toEqual({ code: 5, mentions: 1 });
  });

  it.each([['three', /allowed is a whole number from 0 to 64/], ['65', /allowed is a whole number from 0 to 64/]])('--workers %s is refused', async (workers, message) => {
    expect(await mqttgw(['dev', '--workers', workers])).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  it('nobody runs a worker by hand', async () => {
    expect(await mqttgw(['worker'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^mqttgw: a worker is started by `mqttgw serve --workers <n>`/) });
  });
});
