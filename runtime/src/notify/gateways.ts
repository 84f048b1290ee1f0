/** Which of the declared gateways are ready, and of which deployment it is to be told that it is runnable (E1). */
import { createHmac } from 'node:crypto';
import type { GatewayRecord } from '../store/contract';
import type { Journal } from './journal';

/** A gateway that is restarted in an orderly way is back by then. */
const MISSING_MS = 15_000;
/** So long nothing of the instance ran: what comes then is runnable anew. */
const GONE_MS = 60_000;

/** What `Condition` and news are made from. */
export interface Readiness {
  readonly ready: number;
  readonly expected: number;
  readonly missingLong: boolean;
}

export class GatewayWatch {
  private missingSince: number | null = null;
  private records: readonly GatewayRecord[] = [];

  constructor(private readonly sealingKey: string) {}

  /** All living gateways of the instance. */
  exchanged(records: readonly GatewayRecord[]): void {
    this.records = records;
  }

  /** Null until the instance was runnable once: while it is deployed, gateways are not missing but on their way. */
  readiness({ runnable }: Journal, declared: number, now: number): Readiness | null {
    if (runnable === null) return null;
    const ready = replicasOf(this.records.filter((each) => each.ready)).size;
    // of a deploy that adds replicas the documents come first, and the gateways one after the other
    const expected = Math.min(declared, runnable.replicas);
    this.missingSince = ready < expected ? this.missingSince ?? now : null;
    return { ready, expected, missingLong: this.missingSince !== null && now - this.missingSince >= MISSING_MS };
  }

  /**
   * The deployment that is complete and of which nobody was told; null: none. `lastSeen`: when a gateway of the instance last
   * wrote that it runs; null: never.
   */
  newlyRunnable({ runnable }: Journal, declared: number, lastSeen: number | null): { readonly deployment: string; readonly replicas: number } | null {
    const complete = this.complete(declared);
    if (complete === null) return null;
    const deployment = this.nameOf(complete);
    const startedAt = Math.min(...this.records.map((each) => each.startedAt));
    const cameBack = lastSeen !== null && startedAt > lastSeen + GONE_MS;
    return runnable?.deployment === deployment && !(cameBack && runnable.at < startedAt) ? null : { deployment, replicas: declared };
  }

  /** The newest revision of which every replica is ready. */
  private complete(declared: number): string | null {
    const byRevision = new Map<string, GatewayRecord[]>();
    for (const record of this.records.filter((each) => each.ready)) byRevision.set(record.revision, [...(byRevision.get(record.revision) ?? []), record]);
    const complete = [...byRevision].filter(([, records]) => replicasOf(records).size >= declared);
    const newest = (records: readonly GatewayRecord[]): number => Math.max(...records.map((each) => each.startedAt));
    return complete.sort(([, a], [, b]) => newest(b) - newest(a))[0]?.[0] ?? null;
  }

  /** A deploy from scratch may have the revision of the one before it, but never its sealing key. */
  private nameOf(revision: string): string {
    return createHmac('sha256', this.sealingKey).update(`deployment ${revision}`).digest('hex').slice(0, 16);
  }
}

/** Workers of a replica count as one, and as ready when one of them is. */
function replicasOf(records: readonly GatewayRecord[]): Set<string> {
  return new Set(records.map(({ replica }) => replica));
}
