/** What happened to devices, over the control API: two gateways on one Redis, one on the embedded engine. */
import { describe, expect, it } from 'vitest';
import { apiFleet } from './api-harness';
import { closed, connect, connectCode, startTestGateway } from './harness';

interface Told { readonly at: number; readonly event: string; readonly address: string | null; readonly gatewayId: string; readonly detail: Record<string, unknown> }

describe.each([['redis', 2], ['embedded', 1]] as const)('traces of devices on %s, %i gateways', (engine, count) => {
  const fleet = apiFleet(engine, count);
  const { first, other, sub } = fleet;

  const at = (clientId: string): string => `/traces/devices/${encodeURIComponent(clientId)}`;
  const events = async (clientId: string, ask = other): Promise<Told[]> => (await ask('GET', at(clientId))).body.events;
  const names = async (clientId: string): Promise<string[]> => (await events(clientId)).map(({ event }) => event);
  const history = async (clientId: string): Promise<any[]> => (await other('GET', `/clients/${encodeURIComponent(clientId)}/history`)).body.periods;

  it('C1 A5 I5 connects, subscriptions, refusals and the end are told, with address, reason and time, on whichever gateway', async () => {
    const clientId = 'GID_main@@@traced';
    const before = Date.now();
    const client = await connect(fleet.gateways[0]!, clientId);
    await client.subscribeAsync({ 'demo/a': { qos: 1 }, 'demo/b/#': { qos: 2 } });
    await client.subscribeAsync('nothing/a').catch(() => undefined);
    await client.unsubscribeAsync('demo/a');
    await client.endAsync();
    await expect.poll(() => names(clientId)).toEqual(['client-disconnected', 'client-unsubscribed', 'subscribe-refused', 'client-subscribed', 'client-subscribed', 'client-connected']);
    const told = await events(clientId);
    expect(await events(clientId, first)).toEqual(told);
    for (const each of told) {
      expect(each).toMatchObject({ address: '127.0.0.1', gatewayId: expect.any(String) });
      expect(each.at).toBeGreaterThanOrEqual(before);
    }
    expect(told[0]!.detail).toMatchObject({ reason: 'disconnect', connectedAt: told[5]!.detail['connectedAt'] });
    expect(told[2]!.detail).toMatchObject({ filter: 'nothing/a', reason: 'topic-undeclared' });
    expect(told[3]!.detail).toMatchObject({ filter: 'demo/b/#', qos: 2 });
    expect(told[5]!.detail).toMatchObject({ listener: 'tcp', protocolVersion: 4, cleanSession: true });
    expect(await history(clientId)).toEqual([{ from: told[5]!.detail['connectedAt'], to: told[0]!.at, address: '127.0.0.1', listener: 'tcp', gatewayId: told[0]!.gatewayId, reason: 'disconnect' }]);

    const paged: Told[] = [];
    for (let after = ''; ;) {
      const { body } = await first('GET', `${at(clientId)}?limit=4${after}`);
      paged.push(...body.events);
      if (body.next === null) break;
      after = `&after=${body.next}`;
    }
    expect(paged).toEqual(told);
    expect((await first('GET', `${at(clientId)}?to=${before - 1}`)).body).toEqual({ events: [], next: null });
  });

  it('C1 a take-over between gateways and a closed connection are told, and the history has every period', async () => {
    const clientId = 'GID_main@@@moves';
    const earlier = await connect(fleet.gateways[0]!, clientId);
    const gone = closed(earlier);
    const later = await connect(fleet.gateways.at(-1)!, clientId);
    await gone;
    const kicked = closed(later);
    await first('DELETE', `/clients/${encodeURIComponent(clientId)}/connection`);
    await kicked;
    await expect.poll(async () => (await names(clientId)).sort()).toEqual(['client-connected', 'client-connected', 'client-disconnected', 'client-disconnected', 'client-kicked', 'client-taken-over']);
    const periods = await history(clientId);
    expect(periods.map(({ reason }) => reason)).toEqual(['client-kicked', 'client-taken-over']);
    for (const { from, to } of periods) expect(to).toBeGreaterThanOrEqual(from);
    const now = await connect(fleet.gateways[0]!, clientId);
    await expect.poll(async () => (await history(clientId))[0]).toMatchObject({ to: null, reason: null });
    await now.endAsync();
  });

  it('C1 A1 a refused CONNECT of a known group is told with its code, one of an unknown group is not', async () => {
    const clientId = 'GID_main@@@stranger';
    expect(await connectCode(fleet.gateways[0]!, clientId, { secret: 'wrong' })).toBe(4);
    expect(await connectCode(fleet.gateways[0]!, 'GID_nope@@@stranger')).toBe(2);
    await expect.poll(() => events(clientId)).toMatchObject([{ event: 'connect-refused', address: '127.0.0.1', detail: { returnCode: 4, reason: 'signature-wrong' } }]);
    expect(await events('GID_nope@@@stranger')).toEqual([]);
    expect(await history(clientId)).toEqual([]);
  });

  it('A5 a refused PUBLISH is told with its topic', async () => {
    const clientId = 'GID_main@@@eager';
    const client = await connect(fleet.gateways.at(-1)!, clientId);
    const gone = closed(client);
    client.publish('readonly/x', 'x', { qos: 1 });
    await gone;
    await expect.poll(() => names(clientId)).toEqual(['client-disconnected', 'publish-refused', 'client-connected']);
    expect((await events(clientId))[1]!.detail).toMatchObject({ topic: 'readonly/x', reason: 'topic-publish-denied' });
    expect((await history(clientId))[0]).toMatchObject({ reason: 'topic-publish-denied' });
  });

  it('A4 a sub-account asks for devices of its own groups', async () => {
    expect(await sub('GET', at('GID_main@@@traced'))).toMatchObject({ status: 403, body: { code: 'account-denied' } });
    expect(await sub('GET', '/clients/GID_main%40%40%40traced/history')).toMatchObject({ status: 403, body: { code: 'account-denied' } });
    expect((await sub('GET', at('GID_sub@@@x'))).body).toEqual({ events: [], next: null });
    expect(await first('GET', `${at('GID_main@@@traced')}?after=x`)).toMatchObject({ status: 400, body: { code: 'request-malformed' } });
  });

  it('survive a restart of every gateway, which ends connections in order', async () => {
    const clientId = 'GID_main@@@restarted';
    await connect(fleet.gateways[0]!, clientId);
    const known = await events('GID_main@@@traced');
    await Promise.all(fleet.gateways.map((gateway) => gateway.stop()));
    fleet.gateways.splice(0, fleet.gateways.length, ...await Promise.all(fleet.gateways.map((_, n) => startTestGateway(fleet.storage, { replica: String(n + 1) }))));
    expect(await events('GID_main@@@traced')).toEqual(known);
    expect(await names(clientId)).toEqual(['client-disconnected', 'client-connected']);
    expect((await history(clientId))[0]).toMatchObject({ reason: 'gateway-draining' });
  });
});
