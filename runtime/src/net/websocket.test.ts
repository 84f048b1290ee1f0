import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connect, PINGREQ, publish } from '../../../test/gateway/packets';
import { LIMITS } from '../limits';
import { collect, CONNACK, PINGRESP, sockets, start, tcp } from './listeners-fixture';

function websocket(url: string, protocols: string | string[] = 'mqtt', options: object = {}): WebSocket {
  const client = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
  client.on('error', () => {});
  sockets.push(client);
  return client;
}

/** Status of a refused upgrade. */
async function refusedUpgrade(client: WebSocket): Promise<number> {
  return new Promise((resolve) => client.on('unexpected-response', (_request, response) => {
    response.resume();
    resolve(response.statusCode!);
  }));
}

describe('WebSocket', () => {
  const url = (port: number, path = '/mqtt') => `ws://127.0.0.1:${port}${path}`;
  const messages = (client: WebSocket) => {
    const chunks: Buffer[] = [];
    client.on('message', (data) => chunks.push(data as Buffer));
    return () => Buffer.concat(chunks);
  };
  const closed = (client: WebSocket) => once(client, 'close').then(([code]) => code as number);

  it.each([['mqtt'], ['mqttv3.1']])('serves subprotocol %s', async (protocol) => {
    const { port, connections } = await start(['websocket']);
    const client = websocket(url(port('websocket')), ['other', protocol]);
    const received = messages(client);
    await once(client, 'open');
    expect(client.protocol).toBe(protocol);
    expect(client.extensions).toBe('');
    client.send(connect());
    await vi.waitFor(() => expect(received()).toEqual(CONNACK));
    expect(connections[0]).toMatchObject({ listener: 'websocket', remoteAddress: '127.0.0.1' });
  });

  it('serves over TLS', async () => {
    const { port, certificates, connections } = await start(['websocketTls']);
    const client = websocket(`wss://localhost:${port('websocketTls')}/mqtt`, 'mqtt', { ca: certificates.current.certificate, family: 4 });
    const received = messages(client);
    await once(client, 'open');
    client.send(connect());
    await vi.waitFor(() => expect(received()).toEqual(CONNACK));
    expect(connections[0]!.listener).toBe('websocketTls');
  });

  it('packets and frames need not line up [MQTT-6.0.0-2]', async () => {
    const { port, topics } = await start(['websocket']);
    const client = websocket(url(port('websocket')));
    const received = messages(client);
    await once(client, 'open');
    const bytes = connect();
    for (const byte of bytes) client.send(Buffer.from([byte]));
    await vi.waitFor(() => expect(received()).toEqual(CONNACK));
    client.send(Buffer.concat([publish('a', '1'), PINGREQ, publish('b', '2'), publish('c', '3').subarray(0, 3)]));
    client.send(publish('c', '3').subarray(3));
    await vi.waitFor(() => expect(topics).toEqual(['a', 'b', 'c']));
    expect(received()).toEqual(Buffer.concat([CONNACK, PINGRESP]));
  });

  it('a large packet in one message passes', async () => {
    const { port, topics } = await start(['websocket']);
    const client = websocket(url(port('websocket')));
    const received = messages(client);
    await once(client, 'open');
    client.send(connect());
    await vi.waitFor(() => expect(received()).toEqual(CONNACK));
    client.send(publish('big', Buffer.alloc(65_536)));
    await vi.waitFor(() => expect(topics).toEqual(['big']));
  });

  it.each([
    ['another path', '/', 'mqtt', 404, 'websocket-path-unknown'],
    ['a path below', '/mqtt/x', 'mqtt', 404, 'websocket-path-unknown'],
    ['another subprotocol', '/mqtt', 'amqp', 400, 'websocket-subprotocol-unsupported'],
    ['an absurd subprotocol', '/mqtt', 'x'.repeat(3_000), 400, 'websocket-subprotocol-unsupported'],
  ])('refuses %s', async (_name, path, protocol, status, reason) => {
    const { port, reasons, listeners } = await start(['websocket']);
    expect(await refusedUpgrade(websocket(url(port('websocket'), path), protocol))).toBe(status);
    expect(reasons()).toEqual([reason]);
    await vi.waitFor(() => expect(listeners.halfOpen()).toBe(0), 5_000);
  });

  it('accepts a query behind the path', async () => {
    const { port } = await start(['websocket']);
    await once(websocket(url(port('websocket'), '/mqtt?x=1')), 'open');
  });

  it('refuses an upgrade without a subprotocol', async () => {
    const { port, reasons } = await start(['websocket']);
    expect(await refusedUpgrade(websocket(url(port('websocket')), []))).toBe(400);
    expect(reasons()).toEqual(['websocket-subprotocol-unsupported']);
  });

  it.each([[2_000], [100]])('refuses an upgrade with %i headers', async (count) => {
    const { port, reasons } = await start(['websocket']);
    const headers = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'y']));
    expect(await refusedUpgrade(websocket(url(port('websocket')), 'mqtt', { headers }))).toBe(431);
    expect(reasons()).toEqual(['websocket-headers-exceeded']);
  });

  it('answers plain HTTP with 426, elsewhere 404', async () => {
    const { port } = await start(['websocket']);
    for (const [path, status] of [['/mqtt', 426], ['/', 404]] as const) {
      const asked = request({ port: port('websocket'), host: '127.0.0.1', path }).end();
      const [response] = await once(asked, 'response');
      response.resume();
      expect(response.statusCode).toBe(status);
    }
  });

  it('refuses text frames [MQTT-6.0.0-1] and messages that are too large', async () => {
    const { port, reasons } = await start(['websocket']);
    const text = websocket(url(port('websocket')));
    await once(text, 'open');
    text.send('hello');
    await closed(text);
    const large = websocket(url(port('websocket')));
    await once(large, 'open');
    large.send(Buffer.alloc(2 * LIMITS.websocketMessageBytes));
    await closed(large);
    expect(reasons()).toEqual(['websocket-text-frame', 'websocket-malformed']);
  });

  it('a bad packet closes it, with what was said before', async () => {
    const { port, reasons } = await start(['websocket']);
    const client = websocket(url(port('websocket')));
    const received = messages(client);
    await once(client, 'open');
    client.send(connect({ level: 5 }));
    await closed(client);
    expect(received()).toEqual(Buffer.from([0x20, 0x02, 0x00, 0x01]));
    expect(reasons()).toEqual(['protocol-level-unsupported']);
  });

  it('an upgrade that does not end is cut in time', async () => {
    const { port, reasons } = await start(['websocket'], { limits: { connectTimeoutMs: 150 } });
    const socket = tcp(port('websocket'));
    const { closed: gone } = collect(socket);
    const drip = setInterval(() => socket.write('G'), 20);
    await gone;
    clearInterval(drip);
    expect(reasons()).toHaveLength(1);
  });
});
