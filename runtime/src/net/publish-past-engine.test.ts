import { describe, expect, it, vi } from 'vitest';
import { PINGREQ, publish, subscribe } from '../../../test/gateway/packets';
import type { NetLimits } from '../limits';
import { admitted, turn } from './connection-fixture';

describe('PUBLISH past the engine', () => {
  /** The engine answers what it read when asked to; the other way is answered when asked to, too. */
  function split(limits: Partial<NetLimits> = {}) {
    const opened = admitted(limits);
    const { connection } = opened;
    const order: string[] = [];
    const waiting: ((stored: boolean) => void)[] = [];
    connection.onPublish = ({ topic, payload, qos, messageId, dup, retain }, done) => {
      order.push(`past ${topic} ${payload} ${qos}/${messageId}${dup ? ' dup' : ''}${retain ? ' retain' : ''}`);
      waiting.push(done);
    };
    connection.on('readable', () => {
      for (let frames = connection.read(); frames !== null; frames = null) order.push(`engine ${frames.toString('hex')}`);
    });
    return { ...opened, order, answer: (stored = true) => waiting.splice(0).forEach((done) => done(stored)) };
  }

  it('T3 T5 is taken in order, and acknowledged when it is stored', async () => {
    const { receive, order, answer, transport } = split();
    receive(publish('a/b', 'one', 1, 7), publish('a/b', 'two', 0), publish('a/c', '', 1, 8));
    expect(order).toEqual(['past a/b one 1/7', 'past a/b two 0/0', 'past a/c  1/8']);
    await turn();
    expect(transport.written.length).toBe(0);
    answer();
    await turn();
    expect(transport.written).toEqual(Buffer.from([0x40, 2, 0, 7, 0x40, 2, 0, 8]));
  });

  it('T3 what comes for the engine waits for it, and what comes behind that goes the same way', async () => {
    const { receive, order, answer, connection } = split();
    receive(publish('a', '1', 1, 1), subscribe([['a', 1]], 2), publish('a', '2', 1, 3));
    await turn();
    expect(order).toEqual(['past a 1 1/1']);
    answer();
    expect(order).toEqual(['past a 1 1/1', `engine ${subscribe([['a', 1]], 2).toString('hex')}`]);
    expect(connection.read()!.equals(publish('a', '2', 1, 3))).toBe(true);
    expect(connection.read()).toBeNull();
    receive(publish('a', '3', 1, 4));
    expect(order.at(-1)).toBe('past a 3 1/4');
  });

  it('PINGREQ is answered meanwhile, and the end waits for what is under way', async () => {
    const { receive, transport, answer, connection } = split();
    const ended = vi.fn();
    connection.on('end', ended);
    receive(publish('a', '1', 1, 1), PINGREQ);
    await turn();
    expect(transport.written).toEqual(Buffer.from([0xd0, 0]));
    transport.sink.ended();
    await turn();
    expect(ended).not.toHaveBeenCalled();
    answer();
    await turn();
    expect(ended).toHaveBeenCalledOnce();
  });

  it('QoS 2, and what is more than the engine would get at once, goes through the engine', async () => {
    const { receive, order, answer } = split({ framesPerRead: 2 });
    receive(publish('a', '1', 2, 1));
    expect(order).toEqual([`engine ${publish('a', '1', 2, 1).toString('hex')}`]);
    const busy = split({ framesPerRead: 2 });
    busy.receive(...[1, 2, 3].map((id) => publish('a', String(id), 1, id)));
    expect(busy.order).toEqual(['past a 1 1/1', 'past a 2 1/2']);
    busy.answer();
    expect(busy.order.at(-1)).toBe(`engine ${publish('a', '3', 1, 3).toString('hex')}`);
    answer();
  });

  it('a refused one is not acknowledged', async () => {
    const { receive, answer, transport } = split();
    receive(publish('a', '1', 1, 1));
    answer(false);
    await turn();
    expect(transport.written.length).toBe(0);
  });
});
