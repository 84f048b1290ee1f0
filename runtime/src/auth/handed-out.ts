/**
 * What the control plane handed out, as one gateway knows it: the secret that tokens are signed with, revoked tokens, and
 * device credentials. Kept right by notices; a notice that was lost is made up for within seconds.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { EventLogger } from '../events';
import { seal, unseal } from '../seal';
import type { Notice, OwedWill, Store } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { RecordFollower } from '../store/record-follower';
import type { CredentialsService } from './credentials-service';
import { Credentials } from './credentials';
import { DEVICE_KIND, DeviceCredentials } from './device-credentials';
import type { InstanceView } from './instance-view';
import { REVOCATION_KIND, Revocations } from './revocations';
import { judgeToken, type TokenClaims, type TokenVerdict } from './token';
import type { DeviceSecret, Principal } from './types';
import { mayFire, standingOf, type StandingJudge } from './will-standing';

export interface HandedOutOptions {
  readonly store: Store;
  readonly sealingKey: string;
  readonly storageId: string;
  readonly logger: EventLogger;
  /** The declaration in force. */
  view(): InstanceView;
  readonly now?: () => number;
  /** How often lost notices are looked for. */
  readonly pollMs?: number;
  /** What an account may have at a time. */
  readonly most?: { readonly devices: number; readonly revocations: number };
}

/** Told of what ends; the broker closes what stands on it. */
export interface HandedOutListener {
  tokenRevoked(tokenId: string): void;
  /** Null: any device. */
  deviceChanged(clientId: string | null): Promise<void>;
}

const POLL_MS = 5_000;
/** What was revoked and has expired is forgotten at least this often. */
const RELOAD_MS = 3_600_000;

export class HandedOut {
  listener: HandedOutListener | null = null;
  /** For the control API. */
  readonly service: CredentialsService;
  private readonly devices: DeviceCredentials;
  private readonly revocations: Revocations;
  private readonly followers: readonly RecordFollower[];
  private signingSecret: Buffer | undefined;
  private timer: NodeJS.Timeout | undefined;
  private reloadAt = 0;

  constructor(private readonly options: HandedOutOptions) {
    const { store, sealingKey, storageId, view, now = Date.now, most } = options;
    this.devices = new DeviceCredentials({ store, sealingKey, storageId, view, now, most: most?.devices });
    this.revocations = new Revocations(store, most?.revocations);
    this.service = new Credentials({ devices: this.devices, revocations: this.revocations, view, now, signingSecret: () => this.secret });
    this.followers = [
      new RecordFollower(store, REVOCATION_KIND, {
        changed: (tokenId) => {
          this.revocations.add(tokenId);
          this.listener?.tokenRevoked(tokenId);
        },
        missed: () => this.reload(),
      }),
      new RecordFollower(store, DEVICE_KIND, {
        changed: (clientId) => this.listener?.deviceChanged(clientId),
        missed: async () => { await this.listener?.deviceChanged(null); },
      }),
    ];
  }

  /** Needs the store. */
  async start(): Promise<void> {
    this.signingSecret ??= await this.keepSecret();
    for (const follower of this.followers) await follower.check();
    clearInterval(this.timer);
    this.timer = setInterval(() => void this.check(), this.options.pollMs ?? POLL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  notice(notice: Notice): void {
    for (const follower of this.followers) follower.notice(notice);
  }

  /** Looks for what was missed: while the store was away, or because a notice was lost. */
  async check(): Promise<void> {
    try {
      for (const follower of this.followers) await follower.check();
      if (Date.now() >= this.reloadAt) await this.reload();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) this.options.logger.warn({ error: (error as Error).message }, 'handed-out-not-read');
    }
  }

  judgeToken(token: string): TokenVerdict {
    const verdict = judgeToken(this.secret, this.options.view(), token, Date.now());
    return verdict.ok && this.revocations.has(verdict.claims.id) ? { ok: false, problem: 'revoked', claims: verdict.claims } : verdict;
  }

  isOfInstance({ instanceId }: TokenClaims): boolean {
    return instanceId === this.options.view().instanceId;
  }

  isRevoked(tokenId: string): boolean {
    return this.revocations.has(tokenId);
  }

  /** What a will of this client stands on, to be kept with it. */
  standingOf(principal: Principal): string {
    return standingOf(this.secret, principal);
  }

  /** Whether the client that left a will could still publish it. */
  mayFire({ session: { clientId }, will }: OwedWill): Promise<boolean> {
    const judge: StandingJudge = { secret: this.secret, view: this.options.view(), isRevoked: (tokenId) => this.isRevoked(tokenId), device: (id) => this.device(id) };
    return mayFire(judge, clientId, will);
  }

  device(clientId: string): Promise<DeviceSecret | null> {
    return this.devices.secretOf(clientId);
  }

  deviceSecrets(clientIds: readonly string[]): Promise<(DeviceSecret | null)[]> {
    return this.devices.secretsOf(clientIds);
  }

  private async reload(): Promise<void> {
    for (const tokenId of await this.revocations.load()) this.listener?.tokenRevoked(tokenId);
    this.reloadAt = Date.now() + RELOAD_MS;
  }

  /** Made once a storage. A value is kept for ever, so what another sealing key has sealed has a name of its own. */
  private async keepSecret(): Promise<Buffer> {
    const { store, sealingKey, storageId } = this.options;
    const keyName = createHmac('sha256', sealingKey).update('name').digest('hex').slice(0, 8);
    const kept = await store.keepValue(`token-secret-${keyName}`, seal(randomBytes(32).toString('base64url'), sealingKey, storageId));
    return Buffer.from(unseal(kept, sealingKey, storageId));
  }

  private get secret(): Buffer {
    if (this.signingSecret === undefined) throw new StoreUnavailableError('the secret of tokens was not read yet');
    return this.signingSecret;
  }
}
