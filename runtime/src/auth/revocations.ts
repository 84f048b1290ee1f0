import type { Store } from '../store/contract';

export const REVOCATION_KIND = 'token-revocation';

const PAGE = 1_000;

/** Ids of tokens that were revoked and have not expired yet. All are in memory: each message and CONNECT may ask. */
export class Revocations {
  private ids = new Set<string>();
  /** What is being read; null: nothing is. */
  private reading: Set<string> | null = null;

  constructor(private readonly store: Store) {}

  has(tokenId: string): boolean {
    return this.ids.has(tokenId);
  }

  add(tokenId: string): void {
    this.ids.add(tokenId);
    this.reading?.add(tokenId); // its page may have been read before it was there
  }

  /** Answers those that were not known. What has expired since is forgotten here. */
  async load(): Promise<string[]> {
    const read = this.reading = new Set<string>();
    for (let after: string | null = null; ;) {
      const page = await this.store.pageRecords(REVOCATION_KIND, after, PAGE);
      for (const { id } of page.records) read.add(id);
      if (page.next === null) break;
      after = page.next;
    }
    const added = [...read].filter((id) => !this.ids.has(id));
    this.ids = read;
    return added;
  }

  /** Kept until the token ends by itself. */
  async revoke(tokenId: string, expiresAt: number): Promise<void> {
    await this.store.putRecord({ kind: REVOCATION_KIND, id: tokenId, value: '', expectedVersion: null, expiresAt, priority: 'vital' });
  }

  /** As the store has it, for whoever cannot wait for a notice. */
  async isRevoked(tokenId: string): Promise<boolean> {
    return (await this.store.readRecords(REVOCATION_KIND, [tokenId]))[0] !== undefined;
  }
}
