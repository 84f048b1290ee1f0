import { finished } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, DISCONNECT, PACKETS, PINGREQ, publish, subscribe } from '../../../test/gateway/packets';
import { LIMITS } from '../limits';
import { admitted, open, turn } from './connection-fixture';
import { InputBudget } from './input-budget';

describe('packets from the wire', () => {
  it.each(PACKETS.filter(({ first }) => first))('$name → $refused', ({ bytes, refused }) => {
    const { receive, connection, refusals } = open();
    receive(bytes);
    expect(refusals.map(({ code }) => code)).toEqual(refused === null ? [] : [refused]);
    expect(connection.destroyed).toBe(refused !== null);
    expect(connection.read()).toEqual(refused === null ? bytes : null);
  });

  it.each(PACKETS.filter(({ first }) => !first))('$name → $refused', ({ bytes, refused, level }) => {
    const { receive, connection, refusals } = admitted({}, level);
    receive(bytes);
    expect(refusals.map(({ code }) => code)).toEqual(refused === null ? [] : [refused]);
    expect(connection.refusal?.code ?? null).toBe(refused);
    if (refused !== null) expect(connection.read()).toBeNull();
  });

  it('MQTT 3.1: DUP on SUBSCRIBE and PUBREL does not reach the engine, which would refuse it', () => {
    const { receive, connection } = admitted({}, 3);
    receive(Buffer.from([0x6a, 0x02, 0x00, 0x01]));
    expect(connection.read()).toEqual(Buffer.from([0x62, 0x02, 0x00, 0x01]));
  });

  it('T7: answers an unsupported level with code 1 before it closes [MQTT-3.1.2-2]', () => {
    const { receive, transport } = open();
    receive(connect({ level: 5 }));
    expect(transport.written).toEqual(Buffer.from([0x20, 0x02, 0x00, 0x01]));
    expect(transport.ended).toBe(true);
  });

  it('any chunking of any valid packets hands the same bytes on', () => {
    const valid = PACKETS.filter(({ first, refused, level }) => !first && refused === null && level === undefined)
      .map(({ bytes }) => bytes).filter((bytes) => bytes.length < 1_000 && !bytes.equals(DISCONNECT));
    fc.assert(fc.property(fc.array(fc.constantFrom(...valid), { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 8 }), fc.nat(20), (packets, places, releaseAfter) => {
      const { connection, transport, refusals } = open();
      const bytes = Buffer.concat([connect(), ...packets]);
      const cuts = [...places.map((place) => place % bytes.length), bytes.length].sort((a, b) => a - b);
      const got: Buffer[] = [];
      const drain = () => { for (let read = connection.read(); read !== null; read = connection.read()) got.push(read); };
      connection.on('readable', drain);
      cuts.forEach((end, i) => {
        transport.sink.received(bytes.subarray(i === 0 ? 0 : cuts[i - 1], end));
        if (i === releaseAfter) connection.release();
      });
      connection.release();
      expect(refusals).toEqual([]);
      expect(Buffer.concat(got)).toEqual(bytes);
      connection.terminate();
    }));
  });
});

describe('handing on', () => {
  it('nothing but CONNECT before release(), everything after it', () => {
    const { connection, receive, closedOrAdmitted } = open();
    const readable = vi.fn();
    connection.on('readable', readable);
    receive(connect(), publish('a', '1'), publish('a', '2'));
    expect(readable).toHaveBeenCalledTimes(1);
    expect(connection.connect).toEqual({ protocolVersion: 4, clientId: 'GID_demo@@@1', cleanSession: true, keepAliveSeconds: 60, hasWill: false });
    expect(connection.read()).toEqual(connect());
    receive(publish('a', '3'));
    expect(connection.read()).toBeNull();
    expect(closedOrAdmitted).not.toHaveBeenCalled();
    connection.release();
    expect(closedOrAdmitted).toHaveBeenCalledTimes(1);
    expect(readable).toHaveBeenCalledTimes(2);
    expect(connection.read()).toEqual(Buffer.concat(['1', '2', '3'].map((payload) => publish('a', payload))));
  });

  it('a pipelined PUBLISH above 64 KiB is judged by the bound of an authenticated client', () => {
    const { connection, receive, refusals } = open();
    receive(connect(), publish('demo/a', Buffer.alloc(65_536)));
    connection.read();
    connection.read();
    connection.setPayloadLimit(65_536);
    connection.release();
    expect(connection.read()?.length).toBe(65_536 + 8 + 4);
    expect(refusals).toEqual([]);
  });

  it('emits readable only after a read that found nothing, as aedes counts them', () => {
    const { connection, receive } = admitted();
    const one = publish('a', '1');
    const readable = vi.fn();
    connection.on('readable', readable);
    connection.read();
    receive(one);
    receive(one);
    expect(readable).toHaveBeenCalledTimes(1);
    expect(connection.read()).toEqual(Buffer.concat([one, one]));
    receive(one);
    expect(readable).toHaveBeenCalledTimes(1);
    expect(connection.read()).toEqual(one);
    expect(connection.read()).toBeNull();
    receive(one);
    expect(readable).toHaveBeenCalledTimes(2);
  });

  it('B5 while the engine waits for the store, PINGREQ is answered and everything counts for the keep-alive', async () => {
    const { connection, receive, transport } = admitted();
    const refresh = vi.fn();
    connection.client = { _keepaliveTimer: { refresh } };
    connection.on('readable', () => {});
    receive(publish('a', '1'));
    connection.read();
    receive(PINGREQ, publish('a', '2'));
    expect(refresh).toHaveBeenCalledTimes(2);
    await turn();
    expect(transport.written).toEqual(Buffer.from([0xd0, 0x00]));
    expect(connection.read()).toEqual(publish('a', '2'));
    expect(connection.read()).toBeNull();
    receive(PINGREQ);
    expect(connection.read()).toEqual(PINGREQ);
  });

  it('SUBSCRIBE and DISCONNECT come alone, what follows DISCONNECT never [MQTT-3.14.4-1]', () => {
    const { connection, receive } = admitted();
    receive(publish('a', '1'), subscribe([['a', 1]]), publish('a', '2'), publish('a', '3'), DISCONNECT, publish('a', '4'));
    expect(connection.read()).toEqual(publish('a', '1'));
    expect(connection.read()).toEqual(subscribe([['a', 1]]));
    expect(connection.read()).toEqual(Buffer.concat([publish('a', '2'), publish('a', '3')]));
    expect(connection.read()).toEqual(DISCONNECT);
    expect(connection.read()).toBeNull();
    receive(publish('a', '5'));
    expect(connection.read()).toBeNull();
  });

  it('gives at most so many packets at once', () => {
    const { connection, receive } = admitted({ framesPerRead: 3 });
    receive(...Array.from({ length: 7 }, () => PINGREQ));
    expect([connection.read(), connection.read(), connection.read(), connection.read()].map((read) => read?.length)).toEqual([6, 6, 2, undefined]);
  });

  it('tells of the end only after everything before it was taken and done', async () => {
    const { connection, receive, transport } = admitted();
    const end = vi.fn();
    connection.on('end', end);
    receive(publish('a', '1'));
    transport.sink.ended();
    await turn();
    expect(end).not.toHaveBeenCalled();
    connection.read();
    await turn();
    expect(end).not.toHaveBeenCalled();
    connection.read();
    await turn();
    expect(end).toHaveBeenCalledTimes(1);
    expect(connection.destroyed).toBe(true);
  });

  it('stream.finished calls back when it is closed, which aedes stands on', async () => {
    const { connection, transport } = admitted();
    const done = vi.fn();
    finished(connection as never, done);
    connection.destroy();
    transport.destroy();
    await turn();
    expect(done).toHaveBeenCalledTimes(1);
  });
});

describe('bounds', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('CONNECT is due in time', () => {
    const { refusals, receive, transport } = open();
    receive(connect().subarray(0, 5));
    vi.advanceTimersByTime(LIMITS.connectTimeoutMs - 1);
    expect(refusals).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(refusals[0]!.code).toBe('connect-timeout');
    expect(transport.ended).toBe(true);
    expect(transport.destroyed).toBe(false);
    vi.advanceTimersByTime(LIMITS.flushTimeoutMs);
    expect(transport.destroyed).toBe(true);
  });

  it('all unauthenticated connections together keep so many bytes', () => {
    const budget = new InputBudget({ ...LIMITS, halfOpenBufferedBytes: 100 });
    const [one, two] = [open({}, budget), open({}, budget)];
    const big = connect({ flags: 0x82, rest: [Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.alloc(0xff00)])] });
    one.receive(big.subarray(0, 80));
    expect(budget.halfOpenBytes).toBe(80);
    two.receive(big.subarray(0, 30));
    expect(two.refusals[0]!.code).toBe('input-exhausted');
    expect(one.refusals).toEqual([]);
    expect(budget.halfOpenBytes).toBe(80);
    one.connection.terminate();
    expect(budget.halfOpenBytes).toBe(0);
  });

  it('stops reading while packets wait, and what waits is accounted for', () => {
    const budget = new InputBudget();
    const { connection, receive, transport } = admitted({ pendingBytesPerClient: 100, bytesPerRead: 100 }, 4, budget);
    receive(publish('a', Buffer.alloc(60)));
    expect(transport.paused).toBe(false);
    receive(publish('a', Buffer.alloc(60)));
    expect(transport.paused).toBe(true);
    expect(budget.pendingBytes).toBe(2 * publish('a', Buffer.alloc(60)).length);
    connection.read();
    expect(transport.paused).toBe(false);
    connection.destroy();
    expect(budget.pendingBytes).toBe(0);
  });

  it('stops reading from a client with packets waiting while the gateway holds too much', () => {
    const budget = new InputBudget({ ...LIMITS, pendingBytesPerGateway: 50 });
    const { connection, receive, transport } = admitted({}, 4, budget);
    const other = admitted({}, 4, budget);
    receive(publish('a', Buffer.alloc(60)));
    expect(transport.paused).toBe(true);
    expect(other.transport.paused).toBe(false);
    connection.read();
    expect(transport.paused).toBe(false);
  });

  it('a client that does not read is closed in the end', () => {
    const { connection, transport, refusals } = admitted({ outputBytesPerClient: 1_000, outputHighWaterBytes: 100, outputStopsInputBytes: 500 });
    transport.accepts = false;
    expect(connection.writeFrame(Buffer.alloc(50))).toBe(true);
    expect(connection.writeFrame([Buffer.alloc(50), Buffer.alloc(500)])).toBe(false);
    connection.pause('x').resume('x');
    expect(transport.paused).toBe(true);
    connection.writeFrame(Buffer.alloc(500));
    expect(refusals[0]!.code).toBe('output-overflow');
    expect(transport.destroyed).toBe(true);
  });
});

describe('back-pressure', () => {
  it('pause() stops reading and handing on until it was resumed as often, for every reason', () => {
    const { connection, receive, transport } = admitted();
    const readable = vi.fn();
    connection.on('readable', readable);
    receive(PINGREQ);
    connection.pause('tps').pause('tps').pause('store');
    expect(transport.paused).toBe(true);
    expect(connection.read()).toBeNull();
    connection.resume('tps').resume('store').resume('unknown');
    expect(connection.paused).toBe(true);
    connection.resume('tps');
    expect(connection.paused).toBe(false);
    expect(transport.paused).toBe(false);
    expect(readable).toHaveBeenCalledTimes(2);
    expect(connection.read()).toEqual(PINGREQ);
  });

  it('tells when there is room again', async () => {
    const { connection, transport } = admitted({ outputHighWaterBytes: 100 });
    transport.accepts = false;
    const drain = vi.fn();
    const writable = vi.fn();
    connection.on('drain', drain).on('writable', writable);
    expect(connection.write(Buffer.alloc(100))).toBe(false);
    await turn();
    expect(drain).not.toHaveBeenCalled();
    transport.pendingBytes = 0;
    transport.sink.drained();
    expect(drain).toHaveBeenCalledTimes(1);
    expect(writable).toHaveBeenCalledTimes(1);
    expect(connection.bufferedBytes).toBe(0);
  });
});

describe('output', () => {
  it('what one turn writes leaves in one write', async () => {
    const { connection, transport } = admitted();
    connection.write(Buffer.from([0x40]));
    connection.write(Buffer.from([0x02]));
    connection.write('ab');
    connection.writeFrame([Buffer.from('c'), Buffer.from('d')]);
    expect(transport.writes).toEqual([]);
    await turn();
    expect(transport.writes).toEqual([Buffer.from('\x40\x02abcd', 'latin1')]);
  });

  it('destroy() sends what was written, reads on to spare it a reset, and closes for good after a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { connection, transport, receive } = open();
      const closed = vi.fn();
      connection.on('close', closed);
      receive(connect());
      connection.pause('x');
      connection.write(Buffer.from([0x20, 0x02, 0x00, 0x05]));
      connection.destroy();
      expect(transport.written).toEqual(Buffer.from([0x20, 0x02, 0x00, 0x05]));
      expect(transport.ended).toBe(true);
      expect(transport.paused).toBe(false);
      expect(connection.write(Buffer.from('late'))).toBe(true);
      receive(Buffer.alloc(100));
      expect(transport.destroyed).toBe(false);
      receive(Buffer.alloc(LIMITS.lingerBytes));
      expect(transport.destroyed).toBe(true);
      await turn();
      expect(closed).toHaveBeenCalledTimes(1);
      expect(transport.written.length).toBe(4);
    } finally {
      vi.useRealTimers();
    }
  });

  it('an error reaches those who listen and nobody else', () => {
    const { connection } = open();
    expect(() => connection.destroy(new Error('nobody listens'))).not.toThrow();
    const other = open();
    const failed = vi.fn();
    other.connection.on('error', failed);
    other.transport.sink.failed(new Error('reset'));
    expect(failed).toHaveBeenCalledTimes(1);
    expect(other.connection.destroyed).toBe(true);
  });
});
