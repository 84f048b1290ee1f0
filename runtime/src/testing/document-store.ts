/** The part of a store that holds documents, gateways and leases, in memory, for tests that need no messages. */
import { StoreUnavailableError } from '../store/errors';
import type { Documents, GatewayRecord, Notice, Store, TailListener } from '../store/contract';

export class DocumentStore {
  documents: Documents = { revision: 0, storage: null, instance: null, sealedSecrets: null, boundTo: null, acceptedHash: null, handOver: null };
  readonly deleted: string[] = [];
  readonly records = new Map<string, GatewayRecord>();
  readonly trimResults: number[] = [];
  away = false;
  writes = 0;
  /** How often expired records were asked to go. */
  recordExpiries = 0;
  leaseHolder: string | null = null;
  private readonly listeners = new Set<TailListener>();

  asStore(): Store {
    return this as unknown as Store;
  }

  private async reachable(): Promise<void> {
    await Promise.resolve();
    if (this.away) throw new StoreUnavailableError('connection refused');
  }

  async open(): Promise<void> { await this.reachable(); }
  async close(): Promise<void> { /* nothing is open */ }
  async readDocuments(): Promise<Documents> { await this.reachable(); return structuredClone(this.documents); }

  async writeDocuments(next: Omit<Documents, 'revision'>, expected: number): Promise<boolean> {
    await this.reachable();
    if (expected !== this.documents.revision) return false;
    this.documents = structuredClone({ ...next, revision: expected + 1 });
    this.writes += 1;
    this.notify({ kind: 'documents', revision: expected + 1 });
    return true;
  }

  notify(notice: Notice): void {
    for (const listener of this.listeners) listener.onNotice(notice);
  }

  async tail(listener: TailListener): Promise<{ position: number; setLogs(): void; close(): Promise<void> }> {
    await this.reachable();
    this.listeners.add(listener);
    return { position: 0, setLogs: () => undefined, close: async () => { this.listeners.delete(listener); } };
  }

  async deleteLog(log: string): Promise<void> { await this.reachable(); this.deleted.push(log); }
  async heartbeat(record: GatewayRecord): Promise<boolean> { await this.reachable(); const stood = this.records.has(record.gatewayId); this.records.set(record.gatewayId, record); return stood; }
  async gateways(): Promise<GatewayRecord[]> { await this.reachable(); return [...this.records.values()]; }
  async removeGateway(gatewayId: string): Promise<void> { await this.reachable(); this.records.delete(gatewayId); }
  async lease(_name: string, holder: string): Promise<boolean> { await this.reachable(); this.leaseHolder ??= holder; return this.leaseHolder === holder; }
  async trim(): Promise<number> { await this.reachable(); return this.trimResults.shift() ?? 0; }
  async expireSessions(): Promise<number> { await this.reachable(); return 0; }
  async expireRecords(): Promise<number> { await this.reachable(); this.recordExpiries += 1; return 0; }
}
