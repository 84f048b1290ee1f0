/** What topics hold, over the control API and `mqttgw tail`: two gateways on one Redis, one on the embedded engine. */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../runtime/src/cli/program';
import { apiFleet } from './api-harness';
import { SECRETS } from './documents';
import { connect } from './harness';

describe.each([['redis', 2], ['embedded', 1]] as const)('stored messages on %s, %i gateways', (engine, count) => {
  const fleet = apiFleet(engine, count);
  const { first, other, sub } = fleet;

  const text = ({ payload }: { payload: string }): string => Buffer.from(payload, 'base64').toString();

  it('T8 S1 are read page by page from either end, with sender, QoS and Message ID, alike on every gateway', async () => {
    const before = Date.now();
    const client = await connect(fleet.gateways[0]!, 'GID_main@@@sender');
    for (let i = 0; i < 7; i++) await client.publishAsync(i % 2 === 0 ? 'demo/even' : 'demo/odd/deep', `m${i}`, { qos: i % 2 === 0 ? 1 : 2 });
    const sent = await first('POST', '/messages', { topic: 'demo/even', payload: 'from the API', qos: 0 });
    const page = (await other('GET', '/topics/demo/messages')).body;
    expect(page.next).toBeNull();
    expect(page.messages.map(text)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'from the API']);
    expect(page.messages[1]).toMatchObject({ topic: 'demo/odd/deep', qos: 2, type: 'normal', clientId: 'GID_main@@@sender', payloadBytes: 2 });
    expect(page.messages[7]).toMatchObject({ messageId: sent.body.messageId, clientId: null, qos: 0 });
    expect(page.position).toBeGreaterThanOrEqual(sent.body.messageId);
    expect(page.messages[0].at).toBeGreaterThanOrEqual(before - 1_000);
    expect((await first('GET', '/topics/demo/messages')).body).toEqual(page);

    const paged: string[] = [];
    for (let after = 0; ;) {
      const { messages, next } = (await other('GET', `/topics/demo/messages?limit=3&after=${after}`)).body;
      expect(messages.length).toBeLessThanOrEqual(3);
      paged.push(...messages.map(text));
      if (next === null) break;
      after = next;
    }
    expect(paged).toEqual(page.messages.map(text));
    expect((await first('GET', '/topics/demo/messages?order=newest&limit=2')).body.messages.map(text)).toEqual(['from the API', 'm6']);
    const odd = (await first('GET', '/topics/demo/messages?subTopic=odd/%23&order=newest')).body;
    expect(odd.messages.map(text)).toEqual(['m5', 'm3', 'm1']);
    expect((await first('GET', `/topics/demo/messages?subTopic=%2B&limit=2&after=${page.messages[0].messageId}`)).body.messages.map(text)).toEqual(['m2', 'm4']);
    const { at } = page.messages[0];
    expect((await first('GET', `/topics/demo/messages?to=${at - 1_000}`)).body.messages.map(text)).toEqual([]);
    expect((await first('GET', `/topics/demo/messages?from=${at}&order=newest`)).body.messages.map(text)).toHaveLength(8);
    await client.endAsync();
  });

  it('A4 T4 a sub-account reads a topic, but no P2P message of other accounts, and is told no sender of theirs', async () => {
    await first('POST', '/messages', { topic: 'other', payload: 'for main', clientId: 'GID_main@@@a' });
    await first('POST', '/messages', { topic: 'other', payload: 'for sub', clientId: 'GID_sub@@@a' });
    const client = await connect(fleet.gateways[0]!, 'GID_main@@@sender');
    await client.publishAsync('other/x', 'for all', { qos: 1 });
    await client.endAsync();
    expect((await first('GET', '/topics/other/messages')).body.messages.map(text)).toEqual(['for main', 'for sub', 'for all']);
    const seen = (await sub('GET', '/topics/other/messages')).body.messages;
    expect(seen.map(text)).toEqual(['for sub', 'for all']);
    expect(seen[0]).toMatchObject({ type: 'p2p', topic: 'other/p2p/GID_sub@@@a' });
    expect(seen[1].clientId).toBeNull();
  });

  it('what is asked wrongly is told', async () => {
    expect(await first('GET', '/topics/nothing/messages')).toMatchObject({ status: 404, body: { code: 'topic-unknown' } });
    expect(await first('GET', '/topics/demo/messages?subTopic=a%23')).toMatchObject({ status: 400, body: { code: 'filter-malformed' } });
    expect(await first('GET', '/topics/demo/messages?limit=501')).toMatchObject({ status: 400, body: { code: 'request-malformed' } });
    expect(await first('GET', '/topics/demo/messages?after=-1')).toMatchObject({ status: 400, body: { code: 'request-malformed' } });
    expect(await first('GET', '/topics/demo/messages?order=odd')).toMatchObject({ status: 400, body: { code: 'request-malformed' } });
  });

  it('mqttgw tail prints what is stored and what comes, on whichever gateway', async () => {
    await first('POST', '/messages', { topic: 'demo/tail', payload: 'old\u0007' });
    const lines: string[] = [];
    const run = (...more: string[]): Promise<number> => runCli(['tail', 'demo', '--url', `http://127.0.0.1:${fleet.gateways.at(-1)!.port('http')}`, ...more], {
      stdout: new Writable({ write: (chunk, _encoding, written) => { lines.push(...String(chunk).trimEnd().split('\n')); written(); } }),
      env: { MQTTGW_KEY_ID: 'main-key', MQTTGW_KEY_SECRET: SECRETS['main-key'] },
    });
    expect(await run('--sub-topic', 'tail', '--since', '1h', '--no-follow')).toBe(0);
    expect(lines.splice(0)).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z \d{16} demo\/tail QoS 1 -: old\?$/)]);
    const following = run('--sub-topic', 'tail', '--since', '1h', '--count', '3', '--json');
    await expect.poll(() => lines.length).toBe(1);
    await first('POST', '/messages', { topic: 'demo/tail', payload: 'next' });
    await first('POST', '/messages', { topic: 'demo/other', payload: 'not asked for' });
    await first('POST', '/messages', { topic: 'demo/tail', payload: 'last' });
    expect(await following).toBe(0);
    expect(lines.map((line) => text(JSON.parse(line)))).toEqual(['old\u0007', 'next', 'last']);
  });
});
