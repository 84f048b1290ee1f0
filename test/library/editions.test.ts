import { Token } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { Billing, Durability, InstanceEdition, LogLevel, Region, RemovalPolicy, StorageEdition } from '../../lib';
import { Bench, accepts, recordingOf, refuses, useRecordingDeployment } from './support';

useRecordingDeployment();

const number = Token.asNumber('${var.number}');

describe('E1 editions, replicas, protocols', () => {
  it('gives basic one gateway and platinum three', () => {
    const bench = new Bench();
    const { region } = bench.pair();
    bench.instance('big', { region, edition: InstanceEdition.PLATINUM }).bindToNewPlatinumStorage();
    expect(recordingOf(region).instances.map(({ replicas }) => replicas)).toEqual([1, 3]);
  });
  it('refuses two gateways with basic', () => refuses((b) => { b.pair({ replicas: 2 }); }, 'E1: replicas: got 2 with edition basic'));
  it('accepts 2 and refuses 1 with platinum', () => {
    accepts((b) => { b.pair({ edition: InstanceEdition.PLATINUM, replicas: 2 }); });
    refuses((b) => { b.pair({ edition: InstanceEdition.PLATINUM, replicas: 1 }); }, 'E1: replicas: got 1 with edition platinum', '2 to 32');
  });
  it('refuses replicas that only the deploy knows: each is a container of its own (N5)', () => refuses((b) => { b.pair({ replicas: number }); },
    'main/gateway: E1: replicas: got a value that is known only at deploy', 'fix: write the number itself'));
  it('refuses a drain time and memory that no gateway can have, and does not judge tokens', () => {
    for (const drainSeconds of [-1, 1.5, 601]) refuses((b) => { b.pair({ drainSeconds }); }, `main/gateway: E1: drainSeconds: got ${drainSeconds}`, '0 to 600');
    for (const memoryMegabytes of [-5, 95, 128.5]) refuses((b) => { b.pair({ memoryMegabytes }); }, `main/gateway: E1: memoryMegabytes of a gateway: got ${memoryMegabytes}`, '96 to');
    for (const drainSeconds of [0, 600, number]) accepts((b) => { b.pair({ drainSeconds }); });
    for (const memoryMegabytes of [96, number]) accepts((b) => { b.pair({ memoryMegabytes }); });
  });
  it('gives a gateway one worker, or as many as are asked for, with memory for each', () => {
    const bench = new Bench();
    const { region } = bench.pair();
    bench.instance('wide', { region, workers: 4 }).bindToNewStandardStorage();
    bench.instance('cores', { region, workers: 0 }).bindToNewStandardStorage();
    expect(recordingOf(region).instances.map(({ workers, memoryMegabytes }) => [workers, memoryMegabytes])).toEqual([[1, 506], [4, 890], [0, 890]]);
  });
  it('refuses workers beyond their bounds', () => {
    for (const workers of [-1, 1.5, 65]) refuses((b) => { b.pair({ workers }); }, `E1: workers: got ${workers}`, '0 to 64');
    accepts((b) => { b.pair({ workers: number }); });
  });
  it('accepts mqtt alone', () => accepts((b) => { b.pair({ protocols: ['mqtt'] }); }));
  it('refuses another protocol, and says why', () => refuses((b) => { b.pair({ protocols: ['mqtt', 'amqp'] }); }, 'E1: protocols: got "amqp"', 'edition platinum and are not available yet'));
  it('refuses none', () => refuses((b) => { b.pair({ protocols: [] }); }, 'E1: protocols: got an empty list'));
  it('does not judge a token in a list, nor a list that is one', () => {
    accepts((b) => { b.pair({ protocols: ['mqtt', Token.asString({ resolve: () => 'x' })] }); });
    accepts((b) => { b.pair({ protocols: Token.asList('${var.protocols}') }); });
  });
  it('judges what stands beside a token in a list', () => refuses((b) => { b.pair({ protocols: ['amqp', '${var.protocol}'] }); }, 'got "amqp"'));
});

describe('E2 the specification', () => {
  it('has the defaults of the product', () => {
    const bench = new Bench();
    const { region } = bench.pair();
    expect(recordingOf(region).instances[0].manifest()).toMatchObject({
      billing: 'postpaid', spec: { tps: 1000, connections: 10_000, subscriptions: 100_000 },
    });
  });
  it('keeps the other defaults when one is given', () => {
    const bench = new Bench();
    const { region } = bench.pair({ billing: Billing.PREPAID, spec: { tps: 5 } });
    expect(recordingOf(region).instances[0].manifest()).toMatchObject({ billing: 'prepaid', spec: { tps: 5, connections: 10_000, subscriptions: 100_000 } });
  });
  it('refuses 0, a fraction and a negative number', () => {
    for (const tps of [0, 1.5, -1]) refuses((b) => { b.pair({ spec: { tps } }); }, `E2: spec tps: got ${tps}`);
  });
  it('does not judge a token', () => accepts((b) => { b.pair({ spec: { tps: number, connections: number, subscriptions: number } }); }));
});

describe('E3 alarm thresholds', () => {
  it('are 70 percent by default', () => {
    const bench = new Bench();
    const { region } = bench.pair({ alarmThresholds: { tpsPercent: 90 } });
    expect(recordingOf(region).instances[0].manifest().alarmThresholdPercent).toEqual({ tps: 90, connections: 70, subscriptions: 70 });
  });
  it('refuses 0 and 101', () => {
    for (const tpsPercent of [0, 101]) refuses((b) => { b.pair({ alarmThresholds: { tpsPercent } }); }, 'E3: alarm threshold tps');
  });
  it('does not judge a token', () => accepts((b) => { b.pair({ alarmThresholds: { tpsPercent: number } }); }));
});

describe('E6 editions of storage', () => {
  it('hands edition, durability and memory over', () => {
    const bench = new Bench();
    const region = bench.region('r1', { standardStoreDurability: Durability.EVERY_SECOND, standardStoreMemoryMegabytes: 64 });
    bench.storage('standard', { region });
    bench.storage('own', { region, edition: StorageEdition.PLATINUM, durability: Durability.EVERY_SECOND, memoryMegabytes: 128 });
    expect(recordingOf(region).props.sharedStore).toEqual({ durability: 'everysec', memoryMegabytes: 64, removalPolicy: 'retain' });
    expect(recordingOf(region).storages.map(({ edition, durability, memoryMegabytes }) => ({ edition, durability, memoryMegabytes }))).toEqual([
      { edition: 'standard', durability: 'everysec', memoryMegabytes: 1024 }, { edition: 'platinum', durability: 'everysec', memoryMegabytes: 128 },
    ]);
  });
});

describe('E6 a shared store has one durability', () => {
  it('refuses another one for a standard instance', () => refuses((b) => { b.storage('s', { region: b.region(), durability: Durability.EVERY_SECOND }); },
    'E6: durability of the storage instance: got everysec', 'always'));
});

describe('E6 memory of a store', () => {
  const shared = (megabytes: number) => (b: Bench) => { b.region('r1', { standardStoreMemoryMegabytes: megabytes }); };
  const own = (megabytes: number) => (b: Bench) => { b.storage('s', { region: b.region(), edition: StorageEdition.PLATINUM, memoryMegabytes: megabytes }); };
  it.each([-1, 0.5, 15])('refuses %d MiB', (megabytes) => {
    refuses(shared(megabytes), `main/r1: E6: standardStoreMemoryMegabytes: got ${megabytes}`);
    refuses(own(megabytes), `main/s: E6: memoryMegabytes of the storage instance: got ${megabytes}`);
  });
  it.each([16, number])('accepts %d, or does not judge it', (megabytes) => {
    accepts(shared(megabytes));
    accepts(own(megabytes));
  });
});

describe('E7 a prepaid instance may expire', () => {
  it('accepts a date and time', () => accepts((b) => { b.pair({ billing: Billing.PREPAID, expiry: '2030-01-31T00:00:00+08:00' }); }));
  it('refuses it when postpaid', () => refuses((b) => { b.pair({ expiry: '2030-01-31T00:00:00Z' }); }, 'E7: expiry: got an expiry with billing postpaid'));
  it('refuses a date alone', () => refuses((b) => { b.pair({ billing: Billing.PREPAID, expiry: '2030-01-31' }); }, 'E7: expiry: got "2030-01-31"'));
  it('does not judge a token', () => accepts((b) => { b.pair({ billing: Billing.PREPAID, expiry: '${var.expiry}' }); }));
});

describe('L4 limits', () => {
  it('has the defaults of the product', () => {
    const bench = new Bench();
    const { region } = bench.pair();
    expect(recordingOf(region).instances[0].manifest().limits).toEqual({
      parentTopics: 25, wildcardFiltersPerTopic: 100, subscriptionsPerClient: 30, payloadBytes: 65_536, clientIdLength: 64, topicLength: 128,
      retentionSeconds: 259_200, storedMessages: 1_000_000,
    });
  });
  const topics = (count: number, parentTopics?: number) => (b: Bench) => {
    const { storage } = b.pair({ limits: { parentTopics } });
    for (let i = 1; i <= count; i++) storage.addParentTopic(`topic${i}`);
  };
  it('accepts 25 parent topics', () => accepts(topics(25)));
  it('refuses 26', () => refuses(topics(26), 'L4: parent topics of the instance: got 26', 'at most 25'));
  it('accepts 26 where the limit is raised', () => accepts(topics(26, 30)));
  it('does not judge a limit that is a token', () => accepts(topics(26, number)));
  it('does not judge a storage that nothing binds (S2)', () => accepts((b) => {
    const storage = b.storage('s', { region: b.region() });
    for (let i = 1; i <= 26; i++) storage.addParentTopic(`topic${i}`);
  }));
  it('refuses a value beyond its bounds', () => refuses((b) => { b.pair({ limits: { payloadBytes: 0 } }); }, 'L4: limit payloadBytes: got 0', '1 to 16777216'));
});

describe('what else an instance hands over', () => {
  it('has drain time, log level, memory from the specification, and features', () => {
    const bench = new Bench();
    const { region } = bench.pair({ logLevel: LogLevel.DEBUG, drainSeconds: 3, wills: false, labels: { team: 'a' } });
    expect(recordingOf(region).instances[0]).toMatchObject({ logLevel: 'debug', drainSeconds: 3, memoryMegabytes: 506, labels: { team: 'a' } });
    expect(recordingOf(region).instances[0].manifest().features).toEqual({ retained: true, wills: false, sharedSubscriptions: true });
  });
});

describe('E6 a shared store has one removal policy', () => {
  it('refuses DESTROY for a standard instance of a store that stays', () =>
    refuses((b) => { b.storage('s', { region: b.region(), removalPolicy: RemovalPolicy.DESTROY }); },
      'main/s: E6: removal policy of the storage instance: got destroy', 'allowed: retain, which the shared store', 'edition platinum, or set standardStoreRemovalPolicy'));
  it('refuses RETAIN for a standard instance of a store that goes', () => refuses((b) => {
    b.storage('s', { region: b.region('r1', { standardStoreRemovalPolicy: RemovalPolicy.DESTROY }), removalPolicy: RemovalPolicy.RETAIN });
  }, 'E6: removal policy of the storage instance: got retain'));
  it('accepts what the Region says, and nothing said', () => accepts((b) => {
    const region = b.region('r1', { standardStoreRemovalPolicy: RemovalPolicy.DESTROY });
    b.storage('s', { region, removalPolicy: RemovalPolicy.DESTROY });
    b.storage('t', { region });
  }));
  it('accepts any for a platinum instance', () =>
    accepts((b) => { b.storage('s', { region: b.region(), edition: StorageEdition.PLATINUM, removalPolicy: RemovalPolicy.DESTROY }); }));
});

describe('E6 a standard storage has its part of the shared store', () => {
  const MEBIBYTE = 1024 * 1024;
  const partsOf = (b: Bench) => recordingOf(b.stack.node.findChild('r1') as Region).storages.map(({ manifest }) => manifest().limitBytes);

  it('80 % of its memory, divided among those that the region declares', () => {
    const bench = new Bench();
    const region = bench.region();
    bench.storage('one', { region });
    expect(partsOf(bench)).toEqual([Math.floor(0.8 * 1024 * MEBIBYTE)]);
    bench.storage('two', { region });
    bench.storage('own', { region, edition: StorageEdition.PLATINUM });
    bench.storage('elsewhere', { region: bench.region('r2') });
    expect(partsOf(bench)).toEqual([Math.floor(0.4 * 1024 * MEBIBYTE), Math.floor(0.4 * 1024 * MEBIBYTE), undefined]);
  });
  it('follows the memory that the Region gives the store, and is left to the server where only the deploy knows it', () => {
    const bench = new Bench();
    bench.storage('one', { region: bench.region('r1', { standardStoreMemoryMegabytes: 64 }) });
    expect(partsOf(bench)).toEqual([Math.floor(0.8 * 64 * MEBIBYTE)]);
    const late = new Bench();
    late.storage('one', { region: late.region('r1', { standardStoreMemoryMegabytes: Token.asNumber('${var.memory}') }) });
    expect(partsOf(late)).toEqual([undefined]);
  });
  it('refuses a memory of its own', () => refuses((b) => { b.storage('s', { region: b.region(), memoryMegabytes: 256 }); },
    'main/s: E6: memory of the storage instance: got 256 MiB', 'an equal part of the shared store', 'edition platinum, or set standardStoreMemoryMegabytes'));
  it('accepts a memory of its own for platinum', () => accepts((b) => { b.storage('s', { region: b.region(), edition: StorageEdition.PLATINUM, memoryMegabytes: 256 }); }));
});
