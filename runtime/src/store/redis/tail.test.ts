import { describe, expect, it } from 'vitest';
import { Recorder, until } from '../suite/bench';
import { RecentBatches } from '../shared/recent';
import type { Connection } from './connection';
import { RedisTail } from './tail';

type Reply = readonly [last: string, streams: unknown];

/** A connection that answers a read only when the test says so. */
class SlowConnection {
  readonly availability = { available: true };
  readonly reads: { args: readonly unknown[]; answer: (reply: Reply) => void }[] = [];
  private closed = false;

  pipeline(commands: readonly (readonly unknown[])[]): Promise<unknown> {
    if (commands[1]![0] === 'XREVRANGE') return Promise.resolve([Buffer.from('10'), []]);
    return new Promise((answer) => this.reads.push({ args: commands[1]!, answer }));
  }

  async callBlocking(): Promise<null> {
    await until(() => this.closed, 1000);
    return null;
  }

  close(): void {
    this.closed = true;
    this.reads.forEach(({ answer }) => answer(['10', null]));
  }
}

describe('tail', () => {
  it('a log added while a read is under way is followed from the position shown then', async () => {
    const connection = new SlowConnection();
    const recorder = new Recorder();
    const group = { recent: new RecentBatches(), add: async () => undefined, remove: async () => undefined, renew: async () => undefined };
    const tail = new RedisTail(connection as unknown as Connection, '{s}:', recorder, () => undefined, undefined, group);
    tail.setLogs(['a']);
    await tail.start();
    await until(() => connection.reads.length === 1);
    expect(tail.position).toBe(10);
    tail.setLogs(['a', 'b']);
    // Meanwhile message 20 went to `b`; the snapshot of `a` alone counts it in the highest id.
    connection.reads[0]!.answer(['20', null]);
    await until(() => connection.reads.length === 2);
    expect(tail.position).toBe(10);
    expect(connection.reads[1]!.args.slice(-2).map(String)).toEqual([0, 1].map(() => expect.stringMatching(/^10-/)));
    connection.reads[1]!.answer(['20', [[Buffer.from('{s}:log:b'), [[Buffer.from('20-0'), [Buffer.from('payload'), Buffer.from('x')]]]]]]);
    await until(() => recorder.messages.length === 1);
    expect(recorder.messages[0]).toMatchObject({ id: 20, log: 'b', topic: 'b', qos: 1 });
    expect(tail.position).toBe(20);
    await tail.close();
  });
});
