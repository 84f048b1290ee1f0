import type { Store } from '../store/contract';
import { RecordsExceededError } from '../store/errors';
import { CredentialsError } from './credentials-service';

export const REVOCATION_KIND = 'token-revocation';

/** Of an account, until they expire: each gateway has all of them in memory. */
export const REVOCATIONS_OF_ACCOUNT = 100_000;

const PAGE = 1_000;

/** Ids of tokens that were revoked and have not expired yet. All are in memory: each message and CONNECT may ask. */
export class Revocations {
  private ids = new Set<string>();
  /** What is being read; null: nothing is. */
  private reading: Set<string> | null = null;

  constructor(private readonly store: Store, private readonly most = REVOCATIONS_OF_ACCOUNT) {}

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
  async revoke(tokenId: string, expiresAt: number, account: string): Promise<void> {
    try {
      await this.store.putRecord({ kind: REVOCATION_KIND, id: tokenId, value: '', expectedVersion: null, expiresAt, priority: 'vital', owner: { name: account, most: this.most } });
    } catch (error) {
      if (!(error instanceof RecordsExceededError)) throw error;
      throw new CredentialsError('exceeded',
        `got one more revoked token of account "${account}", allowed are ${this.most} at a time; wait until some have expired, or give the AccessKey another secret, which ends all of its tokens`);
    }
  }

  /** As the store has it, for whoever cannot wait for a notice. */
  async isRevoked(tokenId: string): Promise<boolean> {
    return (await this.store.readRecords(REVOCATION_KIND, [tokenId]))[0] !== undefined;
  }
}
