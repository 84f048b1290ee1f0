/** Device credentials (A3): a record a Client ID, its secret sealed. */
import { randomBytes } from 'node:crypto';
import { seal, SealError, unseal } from '../seal';
import type { NamedRecord, Store } from '../store/contract';
import { RecordsExceededError } from '../store/errors';
import { parseClientId, isLongerThan } from './client-id';
import { CredentialsError, type Asker, type DeviceCredential } from './credentials-service';
import { secretTagOf, type InstanceView } from './instance-view';
import type { DeviceSecret } from './types';

export const DEVICE_KIND = 'device-credential';

export const DEVICES_OF_ACCOUNT = 100_000;

/** 192 bits: nobody guesses it, however many passwords of it are seen. */
const SECRET_BYTES = 24;
const KEY_ID_BYTES = 12;

export interface DeviceCredentialOptions {
  readonly store: Store;
  readonly sealingKey: string;
  readonly storageId: string;
  view(): InstanceView;
  now(): number;
  /** Credentials that an account may have. Default: `DEVICES_OF_ACCOUNT`. */
  readonly most?: number;
}

interface Kept {
  readonly instanceId: string;
  readonly account: string;
  readonly deviceKeyId: string;
  readonly sealedSecret: string;
  readonly createTime: number;
  readonly updateTime: number;
}

interface Found {
  readonly kept: Kept;
  readonly version: number;
}

export class DeviceCredentials {
  constructor(private readonly options: DeviceCredentialOptions) {}

  /** Null: the Client ID has none. */
  async secretOf(clientId: string): Promise<DeviceSecret | null> {
    return (await this.secretsOf([clientId]))[0]!;
  }

  /** One answer for each Client ID, in their order. */
  async secretsOf(clientIds: readonly string[]): Promise<(DeviceSecret | null)[]> {
    const records = await this.options.store.readRecords(DEVICE_KIND, clientIds);
    return records.map((record) => {
      const kept = this.mine(record)?.kept;
      if (kept === undefined) return null;
      const secret = this.open(kept);
      if (secret === null) return null;
      return { deviceKeyId: kept.deviceKeyId, account: kept.account, secret: Buffer.from(secret), secretTag: secretTagOf(secret) };
    });
  }

  async register(clientId: string, account: string): Promise<DeviceCredential> {
    const known = await this.find(clientId);
    if (known !== undefined) return this.answer(clientId, this.ownedBy(known, clientId, account).kept);
    this.mustBeOfGroup(clientId, account);
    const now = this.options.now();
    const kept: Kept = {
      instanceId: this.options.view().instanceId, account, deviceKeyId: `DC.${randomBytes(KEY_ID_BYTES).toString('base64url')}`, sealedSecret: this.newSecret(),
      createTime: now, updateTime: now,
    };
    return await this.put(clientId, kept, 0) ? this.answer(clientId, kept) : this.register(clientId, account);
  }

  async get(clientId: string, account: Asker): Promise<DeviceCredential> {
    return this.answer(clientId, (await this.mustFind(clientId, account)).kept);
  }

  async refresh(clientId: string, account: Asker): Promise<DeviceCredential> {
    const { kept, version } = await this.mustFind(clientId, account);
    const next: Kept = { ...kept, sealedSecret: this.newSecret(), updateTime: this.options.now() };
    if (!await this.put(clientId, next, version)) throw new CredentialsError('conflict', `the credential of "${clientId}" was changed by somebody else at this moment; ask again`);
    return this.answer(clientId, next);
  }

  async unregister(clientId: string, account: Asker): Promise<void> {
    const { version } = await this.mustFind(clientId, account);
    if (!await this.options.store.deleteRecord(DEVICE_KIND, clientId, version)) {
      throw new CredentialsError('conflict', `the credential of "${clientId}" was changed by somebody else at this moment; ask again`);
    }
  }

  private async find(clientId: string): Promise<Found | undefined> {
    const [record] = await this.options.store.readRecords(DEVICE_KIND, [clientId]);
    return this.mine(record);
  }

  private async mustFind(clientId: string, account: Asker): Promise<Found> {
    const found = await this.find(clientId);
    if (found === undefined) throw new CredentialsError('not-found', `the Client ID "${clientId}" has no device credential; register it first`);
    return this.ownedBy(found, clientId, account);
  }

  private ownedBy(found: Found, clientId: string, account: Asker): Found {
    if (account === null || found.kept.account === account) return found;
    throw new CredentialsError('forbidden', `the credential of "${clientId}" was registered by another account than "${account}"; ask with a key of that account`);
  }

  private mustBeOfGroup(clientId: string, account: string): void {
    const view = this.options.view();
    const limit = view.limits.clientIdLength;
    const group = parseClientId(clientId)?.group;
    if (group === undefined || isLongerThan(clientId, limit)) {
      throw new CredentialsError('invalid', `got the Client ID "${clientId.slice(0, 100)}", allowed is <GroupID>@@@<DeviceID> of at most ${limit} characters without "/", "+", "#" and control characters (C1)`);
    }
    const declared = view.groups.get(group);
    if (declared === undefined) throw new CredentialsError('not-found', `the group "${group}" does not exist in instance "${view.instanceId}"; declare it first (C1)`);
    if (declared.account !== account) {
      throw new CredentialsError('forbidden', `the group "${group}" belongs to account "${declared.account}", not to "${account}"; ask with a key of that account (A4)`);
    }
  }

  private mine(record: NamedRecord | undefined): Found | undefined {
    if (record === undefined) return undefined;
    const kept = JSON.parse(record.value) as Kept;
    return kept.instanceId === this.options.view().instanceId ? { kept, version: record.version } : undefined;
  }

  private async put(clientId: string, kept: Kept, expectedVersion: number): Promise<boolean> {
    const { store, most = DEVICES_OF_ACCOUNT } = this.options;
    const owner = { name: kept.account, most };
    try {
      return await store.putRecord({ kind: DEVICE_KIND, id: clientId, value: JSON.stringify(kept), expectedVersion, owner, ...(expectedVersion > 0 && { priority: 'vital' }) }) !== null;
    } catch (error) {
      if (!(error instanceof RecordsExceededError)) throw error;
      throw new CredentialsError('exceeded', `got one more device credential of account "${kept.account}", allowed are ${most}; unregister devices that are gone, or let devices share an AccessKey or use tokens`);
    }
  }

  private answer(clientId: string, kept: Kept): DeviceCredential {
    const { instanceId, account, deviceKeyId, createTime, updateTime } = kept;
    const deviceAccessKeySecret = this.open(kept);
    if (deviceAccessKeySecret === null) throw new CredentialsError('not-found', `the secret of "${clientId}" was sealed with another sealing key and opens no more; refresh the credential`);
    return { clientId, instanceId, account, deviceAccessKeyId: deviceKeyId, deviceAccessKeySecret, createTime, updateTime };
  }

  private newSecret(): string {
    return seal(randomBytes(SECRET_BYTES).toString('base64url'), this.options.sealingKey, this.options.storageId);
  }

  /** Null: the deployment has another sealing key now. */
  private open({ sealedSecret }: Kept): string | null {
    try {
      return unseal(sealedSecret, this.options.sealingKey, this.options.storageId);
    } catch (error) {
      if (error instanceof SealError) return null;
      throw error;
    }
  }
}
