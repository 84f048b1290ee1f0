/** The larger example: two regions on one host, a platinum instance with three replicas behind a front. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Load, TestClient, connectCode, missing, mosquittoPub, mosquittoSub } from './clients';
import { isSigned, startReceiver, type Delivery, type Receiver } from '../gateway/webhook-receiver';
import { testEnvironment } from '../setup/environment';
import { DeployedStack, eventually, pause, type InstanceOutputs } from './harness';
import { docker, run } from './run';

const secret = 'two-regions-device-4f1c';
const machines = { instanceId: 'plant-mqtt', keyId: 'plant-machines', secret };
const devices = { instanceId: 'plant-mqtt', keyId: 'plant-devices', secret };
const office = { instanceId: 'office-mqtt', keyId: 'office-key', secret };
const steady = { clean: false, reconnectPeriod: 200 };
let count = 0;
const machine = (): string => `GID_machines@@@m-${++count}`;

describe('two regions', () => {
  const stack = new DeployedStack('two-regions', 'examples/two-regions/main.ts', { TF_VAR_device_secret: secret });
  let plantUrl: string;
  let plant: InstanceOutputs;
  let officeUrl: string;
  let receiver: Receiver;
  const runnable = () => receiver.deliveries.filter(({ body }) => body.type === 'instance-runnable');
  beforeAll(async () => {
    // on this machine, as containers reach it
    const host = (await docker('network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}')).trim();
    receiver = await startReceiver('0.0.0.0');
    stack.set({ MQTTGW_WEBHOOK_URL: `http://${host}:${receiver.port}/plant` });
    await stack.deploy();
    plant = stack.instance('plant-mqtt');
    plantUrl = plant.publicUrls['tcp']!;
    officeUrl = stack.instance('office-mqtt').publicUrls['tcp']!;
  });
  afterAll(async () => {
    await stack.cleanUp();
    await receiver?.close();
  });

  it('a second plan is empty', async () => {
    const { code, text } = await stack.plan();
    expect(text).toContain('No changes');
    expect(code).toBe(0);
  });

  it('E1 A6 tells the webhook that the platinum instance is runnable, signed with the secret that the deploy made', async () => {
    await eventually('it is told', () => runnable().length === 1, 30_000);
    const { resources } = JSON.parse(await run(testEnvironment().terraform, ['state', 'pull'], { cwd: stack.terraformFolder })) as { resources: { name: string; instances: { attributes: { triggers_replace: { value: string } | string } }[] }[] };
    const { triggers_replace: made } = resources.find(({ name }) => name.includes('WebhookSecret'))!.instances[0]!.attributes;
    const generated = typeof made === 'string' ? made : made.value;
    const [{ body, text, headers }] = runnable() as [Delivery];
    expect(body).toMatchObject({ instance: { instanceId: 'plant-mqtt', region: 'plant' }, data: { replicas: 3, endpoints: { public: { tcp: { address: plant.publicEndpoints['tcp'] } } } } });
    expect(isSigned(generated, headers, text)).toBe(true);
  });

  it('E1 E6 makes three replicas behind one front, a store of its own for platinum and a shared one for standard', async () => {
    const roles = async (region: string) => (await stack.containers()).filter(({ labels }) => labels['io.cdktf-mqtt-gateway.region'] === region).map(({ role }) => role).sort();
    expect(await roles('plant')).toEqual(['front', 'gateway', 'gateway', 'gateway', 'hand-over', 'hand-over', 'store']);
    expect(await roles('office')).toEqual(['gateway', 'hand-over', 'hand-over', 'store']);
    for (const { labels } of await stack.containers()) expect(labels).toMatchObject({ team: 'telemetry', 'io.cdktf-mqtt-gateway.stack': 'two-regions' });
    const [first, ...others] = await stack.containers('gateway', 'plant-mqtt');
    const revision = first!.labels['io.cdktf-mqtt-gateway.revision'];
    expect(others.map(({ labels }) => labels['io.cdktf-mqtt-gateway.revision'])).toEqual([revision, revision]);
    expect(first!.name).toContain(`-gateway-1-${revision}-`);
  });

  it.each(['tcp', 'tls', 'websocket', 'websocketTls'])('T5 P1 sends and receives through the front over %s', async (listener) => {
    const client = await TestClient.connect(plant.publicUrls[listener]!, machines, machine());
    await client.subscribe(`commands/${listener}`, 2);
    for (const qos of [0, 1, 2] as const) await client.publish(`commands/${listener}`, `at ${qos}`, qos);
    expect((await client.until(3)).map(({ payload, qos }) => [payload, qos])).toEqual([['at 0', 0], ['at 1', 1], ['at 2', 2]]);
    await client.end();
  });

  it('P1 the gateways see the address of the client, not of the front', async () => {
    const client = await TestClient.connect(plantUrl, machines, machine());
    const gateways = await stack.containers('gateway', 'plant-mqtt');
    const [network] = JSON.parse(await docker('network', 'inspect', 'two-regions-plant')) as { IPAM: { Config: { Gateway: string }[] }; Containers: Record<string, { Name: string; IPv4Address: string }> }[];
    const front = Object.values(network!.Containers).find(({ Name }) => Name.endsWith('-front'))!.IPv4Address.split('/')[0]!;
    const logs = (await Promise.all(gateways.map(({ id }) => docker('logs', id)))).join('\n');
    expect(logs).not.toContain(`"${front}"`);
    await client.end();
  });

  it('T4 C1 clients reach each other whatever replica they are on', async () => {
    const ids = Array.from({ length: 6 }, machine);
    const clients = await Promise.all(ids.map((id) => TestClient.connect(plantUrl, machines, id)));
    await Promise.all(clients.map((client) => client.subscribe('commands/all', 1)));
    await clients[0]!.publish('commands/all', 'to everybody', 1);
    await Promise.all(clients.map((client) => client.until(1)));
    for (const [i, id] of ids.entries()) await clients[(i + 1) % ids.length]!.publish(`commands/p2p/${id}`, `for ${id}`, 1);
    for (const [i, id] of ids.entries()) expect((await clients[i]!.until(2)).map(({ payload }) => payload)).toEqual(['to everybody', `for ${id}`]);
    // a second connection of the same Client ID takes over, also from another replica
    const again = await TestClient.connect(plantUrl, machines, ids[0]!);
    await eventually('the first connection is closed', () => clients[0]!.closes === 1);
    await Promise.all([again, ...clients.slice(1)].map((client) => client.end()));
  });

  it('T2 instances of two regions share neither topics nor keys', async () => {
    const [atOffice, atPlant] = await Promise.all([TestClient.connect(officeUrl, office, 'GID_office@@@desk'), TestClient.connect(plantUrl, machines, machine())]);
    await atOffice.subscribe('rooms/#', 1);
    await atPlant.publish('commands/x', 'plant', 1);
    await atOffice.publish('rooms/1', 'office', 1);
    expect((await atOffice.until(1)).map(({ payload }) => payload)).toEqual(['office']);
    await expect(TestClient.connect(officeUrl, machines, 'GID_office@@@desk2')).rejects.toMatchObject({ code: expect.any(Number) as number });
    await Promise.all([atOffice.end(), atPlant.end()]);
  });

  it('A4 A5 rights and accounts hold on every replica', async () => {
    await expect(TestClient.connect(plantUrl, devices, machine())).rejects.toMatchObject({ code: 5 }); // a group of another account
    const sensor = await TestClient.connect(plantUrl, devices, 'GID_sensors@@@s-1');
    await sensor.publish('measurements/temperature', '21', 1);
    await expect(sensor.subscribe('measurements/#', 1)).rejects.toThrow();
    await sensor.subscribe('commands/#', 1);
    await sensor.end();
  });

  it('T5 mosquitto\'s clients meet through the front', async () => {
    const subscriber = mosquittoSub(plant.publicEndpoints['tcp']!, machines, machine(), 'commands/mosquitto', 2);
    await subscriber.subscribed;
    await mosquittoPub(plant.publicEndpoints['tcp']!, machines, machine(), 'commands/mosquitto', 'one', 1);
    await mosquittoPub(plant.publicEndpoints['tcp']!, machines, machine(), 'commands/mosquitto', 'two', 2);
    expect(await subscriber.lines).toEqual(['commands/mosquitto 1 one', 'commands/mosquitto 2 two']);
  });

  it('T5 a replica that is killed costs its clients a reconnect and loses nothing', async () => {
    const subscriber = await TestClient.connect(plantUrl, machines, machine(), steady);
    await subscriber.subscribe('commands/killed', 1);
    const publishers = await Promise.all(Array.from({ length: 3 }, () => TestClient.connect(plantUrl, machines, machine(), steady)));
    const loads = publishers.map((client) => new Load(client, 'commands/killed', 5));
    await pause(1500);
    const [victim] = await stack.containers('gateway', 'plant-mqtt');
    await docker('kill', victim!.id); // as a person would; it stays down until the next deploy
    const before = loads.map(({ acknowledged }) => acknowledged.length);
    await eventually('every publisher goes on', () => loads.every(({ acknowledged }, i) => acknowledged.length > before[i]! + 50));
    await Promise.all(loads.map((load) => load.stop()));
    // each publisher counts from 1, so what arrived of a number must be at least one copy; compare the highest
    const highest = Math.min(...loads.map(({ acknowledged }) => acknowledged.length));
    await eventually('what was acknowledged arrived', () => missing(Array.from({ length: highest }, (_, i) => i + 1), subscriber.received).length === 0, 30_000);
    await stack.deploy(); // starts the replica that was killed
    expect((await stack.containers('gateway', 'plant-mqtt')).every(({ running }) => running)).toBe(true);
    await Promise.all([subscriber, ...publishers].map((client) => client.end()));
  });

  it('B5 with the store away clients get CONNACK 3 through the front, and the HTTP port says why', async () => {
    const [store] = (await stack.containers('store')).filter(({ labels }) => labels['io.cdktf-mqtt-gateway.region'] === 'plant');
    const ask = (path: string) => fetch(new URL(path, plant.consoleUrl));
    const standing = await TestClient.connect(plantUrl, machines, machine());
    const front = await stack.container('front');
    const logged = (await docker('logs', front.id)).length;
    await docker('stop', '--time', '5', store!.id);
    // until it has noticed, the front passes clients to gateways that were ready a moment ago
    for (const name of ['tcp', 'tls', 'websocket', 'websocketTls', 'http']) {
      await eventually(`the front knows that none is ready for ${name}`, async () => (await docker('logs', front.id)).slice(logged).includes(`${name} has no server available`));
    }
    const readyz = await eventually('a gateway says that it is not ready', async () => {
      const answer = await ask('/readyz');
      return answer.status === 503 && (answer.headers.get('content-type') ?? '').includes('json') && await answer.json() as { reasons: string[] };
    });
    expect(readyz.reasons).toEqual([expect.stringMatching(/store/)]);
    for (const listener of ['tcp', 'tls', 'websocket', 'websocketTls']) {
      const code = () => connectCode(plant.publicUrls[listener]!, machines, machine());
      await eventually(`CONNACK 3 over ${listener}`, async () => (await code()) === 3);
      expect([listener, await code(), await code()]).toEqual([listener, 3, 3]);
    }
    const metrics = await ask('/metrics');
    expect([metrics.status, await metrics.text()]).toEqual([200, expect.stringContaining('mqttgw_')]);
    const page = await ask('/console/');
    expect([page.status, await page.text()]).toEqual([200, expect.stringMatching(/<html/)]);
    await docker('start', store!.id);
    for (const listener of ['tcp', 'tls', 'websocket', 'websocketTls']) {
      await eventually(`clients connect over ${listener} again`, async () => (await connectCode(plant.publicUrls[listener]!, machines, machine())) === 0);
    }
    await eventually('the front passes on that gateways are ready', async () => (await ask('/readyz')).status === 200);
    // what stood has waited
    await standing.publish('commands/after', 'stored', 1);
    expect(standing.closes).toBe(0);
    await standing.end();
  });

  it('E1 a new image replaces the replicas one after the other under load: nothing is missing, no client is dropped twice', async () => {
    const front = await stack.container('front');
    const old = await stack.containers('gateway', 'plant-mqtt');
    const image = await nextImage(old[0]!.id);
    const subscriber = await TestClient.connect(plantUrl, machines, machine(), steady);
    await subscriber.subscribe('commands/upgrade', 1);
    const publisher = await TestClient.connect(plantUrl, machines, machine(), steady);
    const idle = await Promise.all(Array.from({ length: 6 }, () => TestClient.connect(plantUrl, machines, machine(), steady)));
    const load = new Load(publisher, 'commands/upgrade');
    let fewest = 3;
    let watching = true;
    const watch = (async () => {
      while (watching) {
        fewest = Math.min(fewest, (await stack.containers('gateway', 'plant-mqtt')).filter(({ running }) => running).length);
        await pause(300);
      }
    })();
    stack.set({ MQTTGW_GATEWAY_IMAGE: image });
    await stack.deploy();
    watching = false;
    await watch;
    await load.stop();
    await eventually('everything acknowledged arrived', () => missing(load.acknowledged, subscriber.received).length === 0, 30_000).catch(() => undefined);
    expect(missing(load.acknowledged, subscriber.received)).toEqual([]);
    expect(load.acknowledged.length).toBeGreaterThan(500);
    expect(fewest).toBeGreaterThanOrEqual(3);
    expect([subscriber, publisher, ...idle].map(({ closes }) => closes).filter((closes) => closes > 1)).toEqual([]);
    const now = await stack.containers('gateway', 'plant-mqtt');
    expect(now).toHaveLength(3);
    expect(now.map(({ id }) => id).filter((id) => old.some((gateway) => gateway.id === id))).toEqual([]);
    expect((await stack.container('front')).id).toBe(front.id);
    expect((await stack.plan()).code).toBe(0);
    // at least once: what came twice has one id
    await eventually('the webhook is told of the new gateways', () => new Set(runnable().map(({ body }) => body.id)).size === 2, 60_000)
      .catch(() => expect(receiver.deliveries.map(({ at, body: { id, type, data } }) => [new Date(at).toISOString(), id, type, data.alarm])).toEqual('two deployments'));
    await Promise.all([subscriber, publisher, ...idle].map((client) => client.end()));
  });

  it('B5 destroy leaves nothing behind where the removal policy says destroy', async () => {
    await stack.destroy();
    expect([await stack.containers(), await stack.networks(), await stack.volumes()]).toEqual([[], [], []]);
  });
});

/** The image that runs now with one more label: another image with the same gateway in it. */
async function nextImage(container: string): Promise<string> {
  const [info] = JSON.parse(await docker('inspect', container)) as { Image: string }[];
  const name = `two-regions-next:${Date.now()}`; // by its name it is cleaned up with the stack
  const made = await docker('create', info!.Image);
  try {
    await docker('commit', '--change', 'LABEL next=1', made, name);
  } finally {
    await docker('rm', made);
  }
  return name;
}
