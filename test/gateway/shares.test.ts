import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connectAndCollect, ENGINES, pause, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';

let count = 0;
const device = (): string => `GID_main@@@share-${++count}`;
const numbers = (payloads: readonly { payload: string }[]): number[] => payloads.map((m) => Number(m.payload)).sort((a, b) => a - b);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe.each(ENGINES)('T6 shared subscriptions over two gateways on the %s engine', (engine) => {
  let storage: TestStorage;
  let gateways: TestGateway[];
  beforeAll(async () => {
    storage = await startStorage(engine);
    gateways = [await startTestGateway(storage, { replica: '1' }), await startTestGateway(storage, { replica: '2' })];
  });
  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
    await storage?.close();
  });

  it.each([0, 1, 2] as const)('QoS %i: members get each message once between them, others all of them', async (qos) => {
    const filter = `$share/workers/demo/jobs${qos}/#`;
    const members = await Promise.all([0, 1, 0].map((g) => connectAndCollect(gateways[g]!, device(), { clean: qos !== 2 })));
    for (const { client } of members) await client.subscribeAsync(filter, { qos });
    const plain = await connectAndCollect(gateways[1]!, device());
    await plain.client.subscribeAsync(`demo/jobs${qos}/#`, { qos });
    const publisher = await connect(gateways[1]!, device());
    await Promise.all(upTo(300).map((i) => publisher.publishAsync(`demo/jobs${qos}/x`, String(i), { qos })));
    await plain.until(300);
    const all = (): { payload: string }[] => members.flatMap((m) => m.messages);
    await expect.poll(() => all().length).toBeGreaterThanOrEqual(300);
    await pause(300);
    expect(numbers(all())).toEqual(upTo(300));
    // members of one gateway take turns; between gateways whoever asks first gets the work
    expect(members.filter(({ messages }) => messages.length > 0).length).toBeGreaterThanOrEqual(qos === 0 ? 1 : 2);
    await Promise.all([...members.map((m) => m.client.endAsync()), plain.client.endAsync(), publisher.endAsync()]);
  });

  it('two share names get the messages each, and no retained message', async () => {
    const publisher = await connect(gateways[0]!, device());
    await publisher.publishAsync('demo/names/x', 'retained', { qos: 1, retain: true });
    const [a, b] = [await connectAndCollect(gateways[0]!, device()), await connectAndCollect(gateways[1]!, device())];
    await a.client.subscribeAsync('$share/a/demo/names/#', { qos: 1 });
    await b.client.subscribeAsync('$share/b/demo/names/+', { qos: 1 });
    await Promise.all(upTo(20).map((i) => publisher.publishAsync('demo/names/x', String(i), { qos: 1 })));
    expect(numbers(await a.until(20))).toEqual(upTo(20));
    expect(numbers(await b.until(20))).toEqual(upTo(20));
    await Promise.all([a.client.endAsync(), b.client.endAsync(), publisher.endAsync()]);
  });

  it('what a member did not acknowledge goes to another one', async () => {
    const filter = '$share/crashing/demo/crashing';
    // mqtt.js acknowledges when this handler calls back: this member never does
    const stuck = await connectAndCollect(gateways[0]!, device());
    stuck.client.handleMessage = () => undefined;
    await stuck.client.subscribeAsync(filter, { qos: 1 });
    const publisher = await connect(gateways[1]!, device());
    await Promise.all(upTo(100).map((i) => publisher.publishAsync('demo/crashing', String(i), { qos: 1 })));
    await pause(300);
    const other = await connectAndCollect(gateways[1]!, device());
    await other.client.subscribeAsync(filter, { qos: 1 });
    stuck.client.stream.destroy();
    await other.until(100);
    await pause(300);
    expect(numbers(other.messages)).toEqual(upTo(100));
    await Promise.all([other.client.endAsync(), publisher.endAsync()]);
  });

  it('a persistent member keeps the share while everybody is away', async () => {
    const id = device();
    const filter = '$share/away/demo/away/#';
    const first = await connect(gateways[0]!, id, { clean: false });
    await first.subscribeAsync(filter, { qos: 1 });
    await first.endAsync();
    const publisher = await connect(gateways[0]!, device());
    await Promise.all(upTo(50).map((i) => publisher.publishAsync('demo/away/x', String(i), { qos: 1 })));
    const back = await connectAndCollect(gateways[1]!, id, { clean: false });
    expect(numbers(await back.until(50))).toEqual(upTo(50));
    await back.client.unsubscribeAsync(filter);
    await publisher.publishAsync('demo/away/x', '99', { qos: 1 });
    await pause(300);
    expect(back.messages).toHaveLength(50);
    await Promise.all([back.client.endAsync(), publisher.endAsync()]);
  });
});
