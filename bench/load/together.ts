/** Small helpers that more than one scenario uses. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Cpu, Figure } from '../types';
import { cpuSince, sampleCpu } from './cpu';
import { Client } from './client';
import { Publisher, type PublisherOptions } from './publisher';

/** Runs `work` for each of `count` numbers, at most `width` at a time. */
export async function inParallel<T>(count: number, width: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = new Array<T>(count);
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(width, count) }, async () => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  }));
  return results;
}

/** A session that is kept, with this filter, and nobody connected to it. */
export async function offlineSession(context: Context, clientId: string, filter: string): Promise<void> {
  const client = await Client.connect(context.port, { clientId, cleanSession: false, login: context.login(clientId) });
  await client.subscribe(filter, 1);
  await client.disconnect();
}

/** A just-in-time compiler needs tens of thousands of messages before it is done; every target gets them. */
export async function warmUp(context: Context): Promise<void> {
  const publishers = await connectPublishers(context, 'warm', 20, { qos: 1, window: 20, topics: (i) => [`bench/warm/${i}`] });
  publishers.forEach((publisher) => publisher.start());
  await sleep(context.size.warmUpMs);
  publishers.forEach((publisher) => publisher.stop());
  await Promise.race([Promise.all(publishers.map((publisher) => publisher.idle())), sleep(10_000)]);
  await closeAll(publishers);
}

export type PublisherChoices = Pick<PublisherOptions, 'qos' | 'window'> & { readonly topics: (index: number) => readonly string[] };

export async function connectPublishers(context: Context, prefix: string, count: number, { topics, ...options }: PublisherChoices): Promise<Publisher[]> {
  return inParallel(count, 20, (i) => {
    const clientId = `${prefix}-${i}`;
    return Publisher.connect(context.port, {
      clientId, cleanSession: true, login: context.login(clientId), payloadBytes: context.payloadBytes, topics: topics(i), ...options,
    });
  });
}

export async function closeAll(clients: readonly { close(): Promise<void> }[]): Promise<void> {
  await inParallel(clients.length, 100, (i) => clients[i]!.close());
}

/** How fast `count()` rises, after a time to warm up. */
export async function rateOf(context: Context, count: () => number, check: () => void): Promise<{ rate: number; cpu: Cpu }> {
  await sleep(context.size.leadMs);
  const cpu = sampleCpu(context);
  const [before, start] = [count(), performance.now()];
  await sleep(context.size.rateMs);
  const rate = (count() - before) / ((performance.now() - start) / 1000);
  const used = cpuSince(context, cpu);
  check();
  return { rate, cpu: used };
}

/** Resolves with the time when `done()` holds; null when nothing moved for so long, or the time is up. */
export async function until(done: () => boolean, moved: () => number, { idleMs, totalMs }: { idleMs: number; totalMs: number }): Promise<boolean> {
  const start = performance.now();
  let [last, lastAt] = [moved(), start];
  while (!done()) {
    await sleep(1);
    const now = performance.now();
    if (moved() !== last) [last, lastAt] = [moved(), now];
    if (now - lastAt > idleMs || now - start > totalMs) return false;
  }
  return true;
}

/** Rate of acknowledged QoS 1 messages with so many publishers. */
export async function publishRate(context: Context, name: string, count: number, window: number, topics: (index: number) => readonly string[]): Promise<Figure> {
  const publishers = await connectPublishers(context, `pub-${count}-${window}-${Date.now() % 1e6}`, count, { qos: 1, window, topics });
  publishers.forEach((publisher) => publisher.start());
  const { rate, cpu } = await rateOf(context, () => publishers.reduce((sum, each) => sum + each.acknowledged, 0), () => publishers.forEach((each) => each.check()));
  publishers.forEach((publisher) => publisher.stop());
  await Promise.race([Promise.all(publishers.map((publisher) => publisher.idle())), sleep(10_000)]);
  await closeAll(publishers);
  return { name, value: rate, unit: 'msg/s', better: 'higher', cpu };
}
