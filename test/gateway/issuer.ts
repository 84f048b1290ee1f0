/** The control plane's side of tokens and device credentials, as another process of the storage would have it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import type { CredentialsService, TokenAction } from '../../runtime/src/auth/credentials-service';
import { HandedOut } from '../../runtime/src/auth/handed-out';
import { compileInstanceView } from '../../runtime/src/auth/instance-view';
import { createLogger } from '../../runtime/src/logging';
import type { Store } from '../../runtime/src/store/contract';
import { documents, INSTANCE_ID, SEALING_KEY, STORAGE_ID, type TestDocuments } from './documents';
import type { ClientOptions, TestStorage } from './harness';
import { PATIENCE_MS } from './patience';

export interface Issuer {
  readonly store: Store;
  readonly service: CredentialsService;
  /** A token of an hour, or of what is asked for. */
  token(resources: readonly string[], more?: { actions?: readonly TokenAction[]; keyId?: string; expireTime?: number }): Promise<string>;
  close(): Promise<void>;
}

/** `now`: its clock, for tokens that are about to expire. */
export async function issuerOn(storage: Pick<TestStorage, 'open'>, { declared = documents(), now = Date.now }: { declared?: TestDocuments; now?: () => number } = {}): Promise<Issuer> {
  const store = storage.open();
  await store.open();
  const view = compileInstanceView({ revision: 1, ...declared });
  const handedOut = new HandedOut({ store, sealingKey: SEALING_KEY, storageId: STORAGE_ID, logger: createLogger({ level: 'silent' }), view: () => view, now });
  await handedOut.start();
  return {
    store,
    service: handedOut.service,
    async token(resources, more = {}) {
      return (await handedOut.service.applyToken({ keyId: 'main-key', actions: ['R', 'W'], resources, expireTime: now() + 3_600_000, ...more })).token;
    },
    async close() {
      handedOut.stop();
      await store.close();
    },
  };
}

export function withTokens(password: string, keyId = 'main-key', instanceId = INSTANCE_ID): ClientOptions {
  return { username: `Token|${keyId}|${instanceId}`, password };
}

/** What a client is told under `$SYS/`, from now on. */
export function notices(client: MqttClient): { next(topic: string, count?: number): Promise<Record<string, unknown>> } {
  const got: { topic: string; notice: Record<string, unknown> }[] = [];
  client.on('message', (topic, payload) => { if (topic.startsWith('$SYS/')) got.push({ topic, notice: JSON.parse(payload.toString()) as Record<string, unknown> }); });
  return {
    async next(topic, count = 1) {
      for (const end = Date.now() + PATIENCE_MS; ; await sleep(10)) {
        const found = got.filter((one) => one.topic === topic);
        if (found.length >= count) return found[count - 1]!.notice;
        if (Date.now() > end) throw new Error(`no ${topic}; got ${JSON.stringify(got)}`);
      }
    },
  };
}
