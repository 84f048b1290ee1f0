/** The documents of a gateway with direct push, seen from its hand-over: the control port instead of a store (B6). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlAccess } from '../../../lib/manifest/manifest';
import type { HandOverStore } from '../hand-over/run';
import type { Logger } from '../logging';
import { retryLog } from '../retry-log';
import type { Documents } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { UserError } from '../user-error';

const REQUEST_TIMEOUT_MS = 10_000;
const LOOK_MS = 250;

export class RemoteDocuments implements HandOverStore {
  readonly engine = 'none';

  constructor(private readonly access: Pick<ControlAccess, 'url' | 'token'>, private readonly logger: Logger) {}

  readDocuments(): Promise<Documents> {
    return this.ask<Documents>('GET', '/control/documents');
  }

  async writeDocuments(next: Omit<Documents, 'revision'>, expectedRevision: number): Promise<boolean> {
    const { written } = await this.ask<{ written: boolean }>('PUT', '/control/documents', { next, expectedRevision });
    return written;
  }

  async deleteLog(log: string): Promise<void> {
    await this.ask('DELETE', `/control/logs/${encodeURIComponent(log)}`);
  }

  async close(): Promise<void> { /* nothing stays open */ }

  /** Endpoints are promised once clients can connect (P2), which takes a moment after the first documents. */
  async whenServed(signal?: AbortSignal): Promise<void> {
    const tell = retryLog(this.logger);
    for (;;) {
      signal?.throwIfAborted();
      const reason = await this.notServing();
      if (reason === null) return;
      tell(reason, 'the gateway took the declaration in and does not serve it yet');
      await sleep(LOOK_MS, undefined, { signal });
    }
  }

  private async notServing(): Promise<string | null> {
    try {
      const { status, body } = await this.fetch('GET', '/readyz');
      return status === 200 ? null : ((body as { reasons?: string[] }).reasons ?? []).join(', ');
    } catch (error) {
      if (error instanceof StoreUnavailableError) return error.message;
      throw error;
    }
  }

  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.fetch(method, path, body);
    if (answer.status === 200) return answer.body as T;
    const said = String((answer.body as { error?: unknown }).error ?? `HTTP ${answer.status}`);
    if (answer.status === 503) throw new StoreUnavailableError(said);
    throw new UserError(`the gateway at ${this.access.url} refused the hand-over: ${said}`);
  }

  private async fetch(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const { url, token } = this.access;
    try {
      const response = await fetch(new URL(path, url), {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      return { status: response.status, body: await response.json() };
    } catch (error) {
      const { message, cause } = error as Error;
      throw new StoreUnavailableError(`the control port ${url} of the gateway: ${cause instanceof Error ? cause.message : message}`);
    }
  }
}
