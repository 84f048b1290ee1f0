/** Which fault happens when: made from the seed alone, before the run, so that a seed says everything. */
import type { Random } from './random';

/** One part of the world; faults of one part follow each other, those of different parts overlap. */
export type Part = 'gateway' | 'store' | 'client-link' | 'store-link' | 'client';

export interface Fault {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly part: Part;
  /** Which gateway or link; for a client a number to choose it by. */
  readonly index: number;
  readonly kind: string;
  readonly forMs: number;
}

interface Kind {
  readonly part: Part;
  readonly kind: string;
  readonly weight: number;
  /** Shortest and longest, in milliseconds. */
  readonly lasts: readonly [number, number];
}

const KINDS: readonly Kind[] = [
  { part: 'gateway', kind: 'kill', weight: 5, lasts: [100, 3_000] },
  { part: 'gateway', kind: 'terminate', weight: 2, lasts: [100, 1_000] },
  { part: 'gateway', kind: 'kill-worker', weight: 2, lasts: [0, 500] },
  { part: 'gateway', kind: 'freeze', weight: 2, lasts: [500, 6_000] },
  // longer than a gateway's lease of 15 seconds and the round of who ends dead sessions
  { part: 'gateway', kind: 'freeze-beyond-lease', weight: 1, lasts: [20_000, 28_000] },
  { part: 'store', kind: 'kill', weight: 3, lasts: [100, 4_000] },
  { part: 'store', kind: 'freeze', weight: 2, lasts: [500, 7_000] },
  // refuses what would take more memory
  { part: 'store', kind: 'full', weight: 2, lasts: [500, 4_000] },
  // kills it, and takes from its file what `everysec` does not promise to be there; of a time before the kill, not of waiting
  { part: 'store', kind: 'power-loss', weight: 3, lasts: [100, 1_500] },
  { part: 'client-link', kind: 'cut', weight: 5, lasts: [0, 0] },
  { part: 'client-link', kind: 'delay', weight: 3, lasts: [500, 4_000] },
  { part: 'client-link', kind: 'drop-answers', weight: 4, lasts: [200, 3_000] },
  { part: 'client-link', kind: 'drop-requests', weight: 2, lasts: [200, 3_000] },
  { part: 'client-link', kind: 'half-close-requests', weight: 2, lasts: [200, 2_000] },
  { part: 'client-link', kind: 'half-close-answers', weight: 2, lasts: [200, 2_000] },
  { part: 'store-link', kind: 'cut', weight: 5, lasts: [0, 0] },
  { part: 'store-link', kind: 'delay', weight: 3, lasts: [500, 4_000] },
  // the store does what it was asked and nobody hears of it
  { part: 'store-link', kind: 'drop-answers', weight: 5, lasts: [200, 6_000] },
  { part: 'store-link', kind: 'drop-requests', weight: 2, lasts: [200, 6_000] },
  { part: 'store-link', kind: 'refuse', weight: 2, lasts: [200, 4_000] },
  { part: 'store-link', kind: 'half-close-requests', weight: 1, lasts: [200, 2_000] },
  { part: 'store-link', kind: 'half-close-answers', weight: 1, lasts: [200, 2_000] },
  { part: 'client', kind: 'take-over', weight: 12, lasts: [0, 0] },
];

export interface ScheduleOptions {
  readonly random: Random;
  readonly durationMs: number;
  readonly gateways: number;
  readonly store: boolean;
  readonly workers: boolean;
  /** The store may lose the last moments when its machine does. */
  readonly powerLoss: boolean;
  /** Mean time from one fault to the next. */
  readonly everyMs: number;
}

/** Time for a part to stand on its feet between two faults. */
const RECOVERY_MS = 2_500;

export function schedule({ random, durationMs, gateways, store, workers, powerLoss, everyMs }: ScheduleOptions): Fault[] {
  const kinds = KINDS.filter(({ part, kind }) => (store || !part.startsWith('store')) && (workers || kind !== 'kill-worker') && (powerLoss || kind !== 'power-loss'));
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  const free = new Map<string, number>();
  const faults: Fault[] = [];
  for (let at = 1_000; at < durationMs; at += Math.round(everyMs * 2 * random.next())) {
    let left = random.next() * total;
    const kind = kinds.find(({ weight }) => (left -= weight) < 0)!;
    const index = kind.part === 'store' ? 0 : kind.part === 'client' ? random.between(0, 9_999) : random.between(0, gateways - 1);
    const forMs = random.between(...kind.lasts);
    const part = `${kind.part}-${index}`;
    if (at < (free.get(part) ?? 0) || at + forMs > durationMs + 5_000) continue;
    free.set(part, at + forMs + RECOVERY_MS);
    faults.push({ at, part: kind.part, index, kind: kind.kind, forMs });
  }
  return faults;
}

export function describeFault({ at, part, index, kind, forMs }: Fault): string {
  return `${(at / 1_000).toFixed(3).padStart(9)} s  ${part} ${index}: ${kind}${forMs > 0 ? ` for ${(forMs / 1_000).toFixed(1)} s` : ''}`;
}
