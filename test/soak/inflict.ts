/** Carries a fault out, and mends it when its time is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from './device';
import { fill } from './full-store';
import type { Ledger } from './ledger';
import type { Link } from './link';
import type { Fault, Part } from './schedule';
import type { World } from './world';

export class Faults {
  /** Kind → how many were carried out. */
  readonly counts = new Map<string, number>();
  private readonly times: { readonly part: Part; readonly index: number; readonly from: number; to: number }[] = [];
  private readonly queues = new Map<string, Promise<void>>();
  private failure: Error | null = null;

  constructor(
    private readonly world: World, private readonly devices: readonly Device[], private readonly ledger: Ledger, private readonly now: () => number,
    /** Moments at which the store was killed, since the start. */
    private readonly storeKills: number[],
  ) {}

  /** Resolves when every fault has been inflicted and mended. */
  async run(faults: readonly Fault[]): Promise<void> {
    for (const fault of faults) {
      await sleep(Math.max(0, fault.at - this.now()));
      if (this.failure !== null) break;
      const part = `${fault.part}-${fault.index}`;
      // a part that is still busy with the one before takes the next one late
      const before = this.queues.get(part) ?? Promise.resolve();
      this.queues.set(part, before.then(() => this.inflict(fault)).catch((error: Error) => { this.failure ??= error; }));
    }
    await Promise.all(this.queues.values());
    if (this.failure !== null) throw this.failure;
  }

  /** Whether anything between this gateway and its clients, or from the gateway to the store, was broken within the time. */
  disturbed(side: 'client' | 'store', gateway: number, from: number, to: number): boolean {
    return this.times.some(({ part, index, ...time }) => {
      if (time.from > to || time.to < from || part === 'client') return false;
      return part === 'store' ? side === 'store' : index === gateway && (part === 'client-link') === (side === 'client');
    });
  }

  private async inflict(fault: Fault): Promise<void> {
    const time = { part: fault.part, index: fault.index, from: this.now(), to: Infinity };
    this.times.push(time);
    const done = await this.one(fault).finally(() => { time.to = this.now(); });
    if (!done) return;
    const name = `${fault.part} ${fault.kind}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  private async one({ part, index, kind, forMs }: Fault): Promise<boolean> {
    const { world, devices } = this;
    switch (part) {
      case 'gateway': return this.gateway(index, kind, forMs);
      case 'store': return this.store(kind, forMs);
      case 'client-link': return onLink(world.clientLinks[index]!, kind, forMs);
      case 'store-link': return onLink(world.storeLinks[index]!, kind, forMs);
      case 'client':
        devices[index % devices.length]!.takeOver();
        return true;
    }
  }

  private async gateway(index: number, kind: string, forMs: number): Promise<boolean> {
    const gateway = this.world.gateways[index]!;
    if (kind === 'kill-worker') return gateway.killWorker((pids) => pids[forMs % pids.length]!);
    if (kind === 'kill' || kind === 'terminate') {
      if (kind === 'kill') await gateway.kill();
      else if (!await gateway.terminate()) this.ledger.violation('stuck', gateway.name, 'did not end after SIGTERM');
      await sleep(forMs);
      gateway.start(); // it waits for a store that is away
    } else {
      gateway.freeze();
      await sleep(forMs);
      gateway.thaw();
    }
    return true;
  }

  private async store(kind: string, forMs: number): Promise<boolean> {
    const redis = this.world.redis!;
    if (kind === 'full') return fill(redis, forMs);
    if (kind === 'power-loss') {
      this.storeKills.push(this.now());
      await this.world.powerCut!.strike(forMs);
      await redis.restart();
    } else if (kind === 'kill') {
      this.storeKills.push(this.now());
      await redis.kill9();
      await sleep(forMs);
      await redis.restart();
    } else {
      process.kill(redis.pid!, 'SIGSTOP');
      await sleep(forMs);
      process.kill(redis.pid!, 'SIGCONT');
    }
    return true;
  }
}

async function onLink(link: Link, kind: string, forMs: number): Promise<boolean> {
  switch (kind) {
    case 'cut': link.cut(); break;
    case 'delay': link.delay(20 + forMs / 10); break;
    case 'drop-answers': link.drop('answers'); break;
    case 'drop-requests': link.drop('requests'); break;
    case 'refuse': link.cut(); link.refuse(); break;
    case 'half-close-requests': link.halfClose('requests'); break;
    case 'half-close-answers': link.halfClose('answers'); break;
  }
  await sleep(forMs);
  link.heal();
  return true;
}
