import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import type { ListenerName } from '../../../lib/manifest/manifest';
import { connect, packet, PINGREQ, publish } from '../../../test/gateway/packets';
import { writeDevelopmentCertificate } from '../dev/certificate-file';
import { makeDevelopmentCertificate } from './certificates';
import { collect, CONNACK, PINGRESP, receive, silent, sockets, start, tcp, whenClosed } from './listeners-fixture';
import { startListeners } from './listeners';

describe('TCP', () => {
  it('serves a client and knows its address', async () => {
    const { port, connections, listeners } = await start(['tcp']);
    const socket = tcp(port('tcp'));
    socket.write(connect());
    socket.write(PINGREQ);
    expect(await receive(socket, 6)).toEqual(Buffer.concat([CONNACK, PINGRESP]));
    expect(connections[0]).toMatchObject({ listener: 'tcp', remoteAddress: '127.0.0.1', remotePort: socket.localPort });
    expect(listeners.halfOpen()).toBe(0);
  });

  it('a client that publishes and closes at once is heard', async () => {
    const { port, topics } = await start(['tcp']);
    const socket = tcp(port('tcp'));
    socket.end(Buffer.concat([connect(), publish('demo/a', '1'), publish('demo/b', '2')]));
    await vi.waitFor(() => expect(topics).toEqual(['demo/a', 'demo/b']));
  });

  it('an oversize packet before CONNECT is cut without being kept', async () => {
    const { port, reasons, connections } = await start(['tcp']);
    const socket = tcp(port('tcp'));
    const { closed } = collect(socket);
    socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    const flood = setInterval(() => socket.write(Buffer.alloc(65_536)), 1);
    await closed;
    clearInterval(flood);
    expect(reasons()).toEqual(['packet-too-large']);
    expect(connections[0]!.destroyed).toBe(true);
  });

  it('a slow CONNECT is cut in time', async () => {
    const { port, reasons, listeners } = await start(['tcp'], { limits: { connectTimeoutMs: 200, flushTimeoutMs: 50 } });
    const socket = tcp(port('tcp'));
    const { closed } = collect(socket);
    const bytes = connect();
    let sent = 0;
    const drip = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 30);
    await closed;
    clearInterval(drip);
    expect(sent).toBeLessThan(bytes.length);
    expect(reasons()).toEqual(['connect-timeout']);
    expect(listeners.halfOpen()).toBe(0);
  });

  it('one address has so many connections that have not authenticated', async () => {
    const { port, reasons, listeners } = await start(['tcp'], { limits: { halfOpenPerAddress: 2 } });
    const [one, two] = [tcp(port('tcp')), tcp(port('tcp'))];
    await vi.waitFor(() => expect(listeners.halfOpen()).toBe(2));
    await collect(tcp(port('tcp'))).closed;
    expect(reasons()).toEqual(['half-open-exceeded']);
    one.write(connect());
    await receive(one, 4);
    const three = tcp(port('tcp'));
    three.write(connect());
    await receive(three, 4);
    two.destroy();
    await vi.waitFor(() => expect(listeners.halfOpen()).toBe(0));
  });

  it('a refusing CONNACK arrives although unread input waits', async () => {
    const { port } = await start(['tcp']);
    const socket = tcp(port('tcp'));
    const { closed } = collect(socket);
    socket.write(Buffer.concat([connect({ level: 5 }), Buffer.alloc(200_000)]));
    expect(await closed).toEqual(Buffer.from([0x20, 0x02, 0x00, 0x01]));
  });

  it('stopAccepting() leaves connections alone, close() ends them', async () => {
    const { port, listeners } = await start(['tcp']);
    const socket = tcp(port('tcp'));
    socket.write(connect());
    await receive(socket, 4);
    listeners.stopAccepting();
    const late = tcp(port('tcp'));
    await whenClosed(late);
    expect(late.bytesRead).toBe(0);
    socket.write(PINGREQ);
    await receive(socket, 2);
    const closed = whenClosed(socket);
    await listeners.close();
    await closed;
  });

  it('a port that is taken is an error that names the listener, and nothing stays open', async () => {
    const { port } = await start(['tcp']);
    const bindings = { tcp: { bindAddress: '127.0.0.1', port: 0 }, flash: { bindAddress: '127.0.0.1', port: port('tcp') } };
    await expect(startListeners({ bindings, proxyProtocol: false, certificates: null, logger: silent, onConnection: () => {} }))
      .rejects.toMatchObject({ code: 'EADDRINUSE', listener: 'flash' });
  });
});

describe('PROXY protocol', () => {
  const v2 = Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), Buffer.from([0x21, 0x11, 0, 12, 192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 7, 0x5b])]);
  const v1 = Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 4660 1883\r\n');

  it.each([['v1', v1], ['v2', v2]])('%s on TCP, in one piece with CONNECT or byte by byte', async (_name, header) => {
    const { port, connections } = await start(['tcp'], { proxyProtocol: true });
    const whole = tcp(port('tcp'));
    whole.write(Buffer.concat([header, connect()]));
    expect(await receive(whole, 4)).toEqual(CONNACK);
    const bytewise = tcp(port('tcp')).setNoDelay(true);
    for (const byte of Buffer.concat([header, connect()])) {
      bytewise.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await receive(bytewise, 4)).toEqual(CONNACK);
    for (const connection of connections) expect(connection).toMatchObject({ remoteAddress: '192.0.2.7', remotePort: 4660 });
  });

  it.each<[ListenerName]>([['tls'], ['websocket'], ['websocketTls']])('in front of %s, also in one segment with what follows', async (name) => {
    const { port, connections, certificates } = await start([name], { proxyProtocol: true });
    // a front: the header and the client's first bytes leave together
    const front = createServer((client) => {
      const behind = tcp(port(name));
      client.once('data', (first: Buffer) => {
        behind.write(Buffer.concat([v2, first]));
        client.pipe(behind).pipe(client);
      });
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    const raw = tcp((front.address() as AddressInfo).port);
    await once(raw, 'connect');
    sockets.push({ destroy: () => void front.close() });
    const secure = name === 'websocket' ? raw : connectTls({ socket: raw, ca: certificates.current.certificate, servername: 'localhost' });
    secure.on('error', () => {});
    if (name === 'tls') {
      secure.write(connect());
      expect(await receive(secure, 4)).toEqual(CONNACK);
    } else {
      secure.write('GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n');
      const { bytes } = collect(secure);
      await vi.waitFor(() => expect(bytes().toString()).toContain('101 Switching Protocols'));
    }
    expect(connections[0]).toMatchObject({ listener: name, remoteAddress: '192.0.2.7', remotePort: 4660 });
  });

  it.each([
    ['no header', connect(), {}, 'proxy-header-malformed'],
    ['a header that never ends', Buffer.from('PROXY TCP4 '), { connectTimeoutMs: 100 }, 'handshake-timeout'],
  ])('%s: cut', async (_name, bytes, limits, reason) => {
    const { port, reasons } = await start(['tcp'], { proxyProtocol: true, limits });
    const socket = tcp(port('tcp'));
    socket.write(bytes);
    await collect(socket).closed;
    expect(reasons()).toEqual([reason]);
  });

  it('switched off, a header is no MQTT packet', async () => {
    const { port, reasons } = await start(['tcp']);
    const socket = tcp(port('tcp'));
    socket.write(v1);
    await collect(socket).closed;
    expect(reasons()).toEqual(['first-packet-not-connect']);
  });
});

describe('TLS', () => {
  const secure = (port: number, ca: string, options: object = {}) => {
    const socket = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost', ...options });
    socket.on('error', () => {});
    sockets.push(socket);
    return socket;
  };

  it('serves a client that trusts the development certificate', async () => {
    const { port, certificates, connections } = await start(['tls']);
    const socket = secure(port('tls'), certificates.current.certificate);
    socket.write(connect());
    expect(await receive(socket, 4)).toEqual(CONNACK);
    expect(socket.authorized).toBe(true);
    expect(socket.getPeerX509Certificate()!.fingerprint256).toBe(certificates.current.fingerprint);
    expect(connections[0]).toMatchObject({ listener: 'tls', remoteAddress: '127.0.0.1' });
  });

  it('a changed certificate serves new connections and leaves the old ones alone', async () => {
    const [first, second] = [await makeDevelopmentCertificate([]), await makeDevelopmentCertificate([])];
    const { port, certificates } = await start(['tls'], { given: first });
    const before = secure(port('tls'), first.certificate);
    before.write(connect());
    await receive(before, 4);
    await certificates.update(second);
    const after = secure(port('tls'), second.certificate);
    after.write(connect());
    await receive(after, 4);
    expect(after.authorized).toBe(true);
    before.write(PINGREQ);
    await receive(before, 2);
  });

  it('who looks at the certificate as `mqttgw dev` does is no failed handshake', async () => {
    const { port, reasons, listeners } = await start(['tls'], { limits: { connectTimeoutMs: 300 } });
    const folder = mkdtempSync(path.join(tmpdir(), 'mqttgw-certificate-'));
    try {
      await writeDevelopmentCertificate(folder, { bindAddress: '127.0.0.1', port: port('tls') });
      await vi.waitFor(() => expect(listeners.halfOpen()).toBe(0));
      expect(reasons()).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('plain text is a failed handshake, silence a late one, and the listener goes on', async () => {
    const { port, reasons, certificates, listeners } = await start(['tls'], { limits: { connectTimeoutMs: 300 } });
    const plain = tcp(port('tls'));
    plain.write(connect());
    await collect(plain).closed;
    expect(reasons()).toEqual(['tls-handshake-failed']);
    await collect(tcp(port('tls'))).closed;
    expect(reasons()[1]).toMatch(/handshake/);
    const socket = secure(port('tls'), certificates.current.certificate);
    socket.write(connect());
    await receive(socket, 4);
    expect(listeners.halfOpen()).toBe(0);
  });

  describe.each<[ListenerName]>([['tls'], ['websocketTls']])('%s', (name) => {
    // far longer than the test: what is seen within it was not seen by running out of time
    const limits = { connectTimeoutMs: 60_000 };
    const proxied = Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 4660 1883\r\n');

    it.each<[string, boolean, (socket: Socket) => void]>([
      ['closes its side', false, (socket) => socket.end()],
      ['resets', false, (socket) => socket.resetAndDestroy()],
      ['closes its side behind a PROXY header', true, (socket) => socket.end(proxied)],
    ])('who connects and %s is let go at once, and nothing is told', async (_name, proxyProtocol, leave) => {
      const { port, reasons, listeners, certificates } = await start([name], { limits, proxyProtocol });
      const socket = tcp(port(name));
      await once(socket, 'connect');
      if (!proxyProtocol) await vi.waitFor(() => expect(listeners.halfOpen()).toBe(1));
      const closed = whenClosed(socket);
      leave(socket);
      socket.resume();
      await closed;
      await vi.waitFor(() => expect(listeners.halfOpen()).toBe(0));
      // a whole handshake later nothing has been told
      if (!proxyProtocol) await once(secure(port(name), certificates.current.certificate), 'secureConnect');
      expect(reasons()).toEqual([]);
    });

    it.each<[string, (port: number) => void]>([
      ['does not trust the certificate', (at) => void secure(at, '', { ca: undefined })],
      ['leaves in the middle of the handshake', (at) => tcp(at).end(Buffer.from([0x16, 3, 1, 0, 200, 1, 0]))],
    ])('who %s is told at once', async (_name, leave) => {
      const { port, reasons, listeners } = await start([name], { limits });
      leave(port(name));
      await vi.waitFor(() => expect(reasons()).toEqual(['tls-handshake-failed']));
      expect(listeners.halfOpen()).toBe(0);
    });

    it('a handshake that the gateway itself ends is no failed one', async () => {
      const { port, reasons, listeners } = await start([name], { limits });
      const hello = await new Promise<Buffer>((resolve) => {
        const recorder = createServer((socket) => socket.once('data', resolve)).listen(0, '127.0.0.1', () => {
          secure((recorder.address() as AddressInfo).port, '');
          sockets.push({ destroy: () => void recorder.close() });
        });
      });
      const socket = tcp(port(name));
      socket.write(hello);
      await once(socket, 'data'); // its answer is never followed by ours
      await listeners.close();
      expect(reasons()).toEqual([]);
    });
  });

  it('a client that closes its side after the handshake still gets its answers', async () => {
    const { port, certificates } = await start(['tls']);
    const socket = secure(port('tls'), certificates.current.certificate);
    const { closed } = collect(socket);
    socket.end(Buffer.concat([connect(), PINGREQ]));
    expect(await closed).toEqual(Buffer.concat([CONNACK, PINGRESP]));
  });

  it('does not speak TLS 1.1', async () => {
    const { port, certificates } = await start(['tls']);
    const socket = secure(port('tls'), certificates.current.certificate, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' });
    await whenClosed(socket);
    expect(socket.authorized).toBe(false);
  });
});

describe('Flash policy port', () => {
  it('answers the request with the ports of the listeners', async () => {
    const { port } = await start(['tcp', 'flash']);
    const socket = tcp(port('flash'));
    socket.write('<policy-file-');
    socket.write('request/>\0');
    const { closed } = collect(socket);
    socket.on('end', () => socket.end());
    const answer = (await closed).toString();
    expect(answer).toMatch(/^<\?xml .*<cross-domain-policy>.*<\/cross-domain-policy>\0$/);
    expect(answer).toContain(`to-ports="${port('tcp')}"`);
  });

  it.each([
    ['another request', Buffer.from('<policy/>\0'), {}, 'policy-request-malformed'],
    ['bytes without end', Buffer.alloc(500, 'x'), {}, 'policy-request-malformed'],
    ['silence', Buffer.from('<pol'), { policyTimeoutMs: 100 }, 'handshake-timeout'],
  ])('%s: cut', async (_name, bytes, limits, reason) => {
    const { port, reasons } = await start(['flash'], { limits });
    const socket = tcp(port('flash'));
    socket.write(bytes);
    await collect(socket).closed;
    expect(reasons()).toEqual([reason]);
  });
});

describe('memory', () => {
  it('tiny segments of a packet that never ends keep no more than a few times what arrived', async () => {
    const { port, connections } = await start(['tcp']);
    const socket = tcp(port('tcp')).setNoDelay(true);
    socket.write(packet(0x10, Buffer.alloc(60_000)).subarray(0, 4));
    for (let i = 0; i < 200; i++) {
      socket.write(Buffer.from([1]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(connections[0]).toBeDefined());
    const { reader } = (connections[0] as unknown as { intake: { reader: { partial: Buffer; partialBytes: number } } }).intake;
    await vi.waitFor(() => expect(reader.partialBytes).toBeGreaterThan(100));
    expect(reader.partial.length).toBeLessThanOrEqual(512);
  });
});
