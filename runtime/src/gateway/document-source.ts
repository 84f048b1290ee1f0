/**
 * The documents that a gateway runs by: read at start, again on every notice, and slowly in between because a notice may
 * be lost. What cannot be used never replaces what is in use: the old rights and topics stay, and the reason is told.
 */
import { StoreUnavailableError } from '../store/errors';
import type { DeclaredSince, Documents, MadeThings, Notice, Store, Tail } from '../store/contract';
import type { InstanceManifest, InstanceSecrets, StorageManifest } from '../../../lib/manifest/manifest';
import { checkDocument } from '../manifest/check';
import type { Logger } from '../logging';
import { SealError, unseal } from '../seal';

/** Complete and checked. */
export interface GatewayDocuments {
  readonly revision: number;
  /** null: direct push (B6). */
  readonly storage: StorageManifest | null;
  readonly instance: InstanceManifest;
  readonly secrets: InstanceSecrets;
  /** Through the control API (I4). */
  readonly made?: MadeThings;
  readonly declaredSince?: DeclaredSince;
}

export type ReadResult =
  | { readonly kind: 'documents'; readonly documents: GatewayDocuments }
  /** Nothing was handed over for this instance yet. */
  | { readonly kind: 'missing' }
  /** B1: never to be served from here. */
  | { readonly kind: 'foreign'; readonly boundTo: string }
  | { readonly kind: 'invalid'; readonly revision: number; readonly sentence: string };

export interface DocumentSourceOptions {
  readonly store: Store;
  readonly instanceId: string;
  readonly storageId: string;
  readonly sealingKey: string;
  readonly logger: Logger;
  onChange(documents: GatewayDocuments): void | Promise<void>;
  /** Notices of other kinds, for who needs them beside a busy stream of messages. */
  onNotice?(notice: Notice): void;
  readonly pollMs?: number;
}

/** Lost notices are rare, and a poll is one read. */
const POLL_MS = 5_000;

export class DocumentSource {
  private documents: GatewayDocuments | undefined;
  private invalid: { readonly revision: number; readonly sentence: string } | undefined;
  private tail: Tail | undefined;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(private readonly options: DocumentSourceOptions) {}

  get current(): GatewayDocuments | undefined {
    return this.documents;
  }

  /** Why the newest documents are not in use; undefined: they are. */
  get problem(): string | undefined {
    return this.invalid?.sentence;
  }

  /** Reads once and remembers what it got; the first documents are not told to `onChange`. */
  async first(): Promise<ReadResult> {
    const result = await this.read();
    if (result.kind === 'documents') this.documents = result.documents;
    if (result.kind === 'invalid') this.reject(result);
    return result;
  }

  /** Follows changes from here on. */
  async follow(): Promise<void> {
    const onNotice = (notice: Notice): void => {
      if (notice.kind === 'documents') void this.refresh();
      else this.options.onNotice?.(notice);
    };
    // a tail without logs: the broker's own tail is busy with messages
    this.tail = await this.options.store.tail({ onMessages: () => undefined, onNotice });
    this.timer = setInterval(() => void this.refresh(), this.options.pollMs ?? POLL_MS);
    this.timer.unref();
    await this.refresh();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.tail?.close().catch(() => undefined);
    await this.reading;
  }

  /** One read at a time; a notice during a read causes one more. */
  refresh(): Promise<void> {
    this.again = true;
    this.reading ??= this.readWhileAsked().finally(() => { this.reading = undefined; });
    return this.reading;
  }

  private async readWhileAsked(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      try {
        await this.take(await this.read());
      } catch (error) {
        // the store is away: what is in use stays, and the next poll catches up
        if (!(error instanceof StoreUnavailableError)) this.options.logger.error({ err: error }, 'the documents could not be read, the earlier ones stay in use');
      }
    }
  }

  private async take(result: ReadResult): Promise<void> {
    const { logger } = this.options;
    if (result.kind === 'invalid') return this.reject(result);
    if (result.kind !== 'documents') {
      if (this.documents) this.reject({ revision: -1, sentence: describe(result) });
      return;
    }
    this.invalid = undefined;
    if (result.documents.revision === this.documents?.revision) return;
    const before = this.documents?.revision ?? 0;
    try {
      await this.options.onChange(result.documents);
      this.documents = result.documents;
      logger.info({ revision: result.documents.revision, before, topics: topicCount(result.documents), groups: result.documents.instance.groups.length }, 'took in changed documents');
    } catch (error) {
      this.reject({ revision: result.documents.revision, sentence: `documents of revision ${result.documents.revision} could not be taken in: ${(error as Error).message}` });
    }
  }

  private reject({ revision, sentence }: { revision: number; sentence: string }): void {
    if (this.invalid?.revision !== revision || this.invalid.sentence !== sentence) {
      this.options.logger.error({ revision, reason: sentence }, this.documents ? 'documents refused, the earlier ones stay in use' : 'documents refused');
    }
    this.invalid = { revision, sentence };
  }

  private async read(): Promise<ReadResult> {
    return judge(await this.options.store.readDocuments(), this.options);
  }
}

function judge(documents: Documents, { store, instanceId, storageId, sealingKey }: DocumentSourceOptions): ReadResult {
  const directPush = store.engine === 'none';
  const { boundTo, revision, sealedSecrets, made, declaredSince } = documents;
  if (boundTo !== null && boundTo !== instanceId) return { kind: 'foreign', boundTo };
  if (boundTo === null || !documents.instance || !(documents.storage || directPush)) return { kind: 'missing' };
  const storage = directPush ? NO_STORAGE : checkDocument('storage', documents.storage);
  if (!storage.ok) return { kind: 'invalid', revision, sentence: storage.sentence };
  const instance = checkDocument('instance', documents.instance);
  if (!instance.ok) return { kind: 'invalid', revision, sentence: instance.sentence };
  try {
    const secrets = checkDocument('secrets', sealedSecrets === null ? undefined : JSON.parse(unseal(sealedSecrets, sealingKey, storageId)));
    if (!secrets.ok) return { kind: 'invalid', revision, sentence: secrets.sentence };
    return { kind: 'documents', documents: { revision, storage: storage.value, instance: instance.value, secrets: secrets.value, ...(made && { made }), ...(declaredSince && { declaredSince }) } };
  } catch (error) {
    if (error instanceof SealError) return { kind: 'invalid', revision, sentence: error.message };
    throw error;
  }
}

const NO_STORAGE = { ok: true, value: null } as const;

function topicCount({ storage, instance }: GatewayDocuments): number {
  return (storage?.topics ?? instance.directPushTopics).length;
}

function describe(result: ReadResult): string {
  if (result.kind === 'foreign') return `the store says that it is bound to MQTT instance "${result.boundTo}" now`;
  return 'the store holds no documents any more: was its data deleted?';
}
