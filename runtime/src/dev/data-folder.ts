/**
 * The folder in which the embedded mode keeps what must survive a restart: the store, and a state file with generated
 * secrets and with what may never change (B1, L3), which Terraform's state holds for a deployed stack.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import type { InstanceRecord } from '../../../lib/manifest/manifest';
import { sameRegion } from '../../../lib/rules/regions';
import { readJson, readJsonIfThere, unwrap } from '../config/files';
import { checkSchema } from '../manifest/check';
import { UserError } from '../user-error';

const STATE_VERSION = 1;

const stateSchema = Type.Object({
  version: Type.Literal(STATE_VERSION),
  sealingKey: Type.String({ minLength: 32 }),
  instances: Type.Record(Type.String(), Type.Object({
    storageId: Type.String(),
    region: Type.String(),
    /** Secrets that a deploy would generate: AccessKey id → secret. */
    generatedSecrets: Type.Record(Type.String(), Type.String()),
    /** Of the webhook (E1), where none is given. */
    webhookSecret: Type.Optional(Type.String()),
    /** The same of console users; folders of older versions have none. */
    generatedPasswords: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** Declared Group IDs; folders of older versions have none. */
    groups: Type.Optional(Type.Array(Type.String())),
  })),
});

type State = Static<typeof stateSchema>;

/** Given, or made here once. */
export interface KeptSecrets {
  readonly accessKeySecrets: { readonly [keyId: string]: string };
  readonly consoleUserPasswords: { readonly [name: string]: string };
  /** Absent: no webhook. */
  readonly webhookSecret?: string;
}

export interface KeptInstance extends KeptSecrets { readonly sealingKey: string }

export class DataFolder {
  readonly path: string;
  private readonly stateFile: string;
  private readonly state: State;

  constructor(folder: string) {
    this.path = path.resolve(folder);
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'a file is in the way' : code === 'EACCES' ? 'this user may not write there' : message;
      throw new UserError(`cannot make the data folder ${this.path}: ${why}; name another with --data`);
    }
    this.stateFile = path.join(this.path, 'state.json');
    const stored = readJsonIfThere(this.stateFile);
    this.state = stored === undefined
      ? { version: STATE_VERSION, sealingKey: newSecret(), instances: {} }
      : unwrap(checkSchema<State>(stateSchema, stored, 'state of the embedded mode', true), this.stateFile);
  }

  storeFolder(storageId: string): string {
    return path.join(this.path, 'store', encodeURIComponent(storageId));
  }

  /** What direct push keeps (B6). */
  directPushFile(instanceId: string): string {
    return path.join(this.path, 'direct-push', `${encodeURIComponent(instanceId)}.json`);
  }

  /** Throws when the declaration changes what may never change; makes the secrets that are still missing. */
  keep({ manifest, accessKeySecrets, consoleUserPasswords, webhookSecret: given }: InstanceRecord): KeptInstance {
    const { instanceId, binding, region, groups } = manifest;
    const storageId = binding?.storageId ?? '';
    const before = Object.hasOwn(this.state.instances, instanceId) ? this.state.instances[instanceId] : undefined;
    const anew = `run it with another folder (--data) to start anew`;
    if (before && before.storageId !== storageId) {
      const described = (id: string): string => (id === '' ? 'no storage (direct push)' : `storage "${id}"`);
      throw new UserError(`MQTT instance "${instanceId}" is bound to ${described(before.storageId)} in ${this.path} and a binding never changes, got ${described(storageId)} (B1); ${anew}`);
    }
    if (before && !sameRegion(before.region, region.id)) {
      throw new UserError(`MQTT instance "${instanceId}" is in region "${before.region}" in ${this.path} and cannot move to "${region.id}" (L3); ${anew}`);
    }
    const [generatedSecrets, generatedPasswords] = [{ ...before?.generatedSecrets }, { ...before?.generatedPasswords }];
    const kept = { accessKeySecrets: completed(accessKeySecrets, generatedSecrets), consoleUserPasswords: completed(consoleUserPasswords ?? {}, generatedPasswords) };
    // kept also while no webhook is declared: receivers know it
    const webhookSecret = given === null ? before?.webhookSecret ?? newSecret() : before?.webhookSecret;
    this.state.instances[instanceId] = {
      storageId, region: region.id, generatedSecrets, generatedPasswords, ...(webhookSecret !== undefined && { webhookSecret }), groups: groups.map(({ name }) => name),
    };
    this.save();
    return { sealingKey: this.state.sealingKey, ...kept, ...(given !== undefined && { webhookSecret: given ?? webhookSecret }) };
  }

  /** Renamed into place, so that a crash leaves the old file or the new one. */
  private save(): void {
    const temporary = `${this.stateFile}.new`;
    writeFileSync(temporary, `${JSON.stringify(this.state, null, 2)}\n`, { mode: 0o600 });
    chmodSync(temporary, 0o600);
    renameSync(temporary, this.stateFile);
  }
}

/** What was not given is taken from what was generated, which grows by what is missing. */
function completed(given: { readonly [name: string]: string | null }, generated: { [name: string]: string }): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(given).map(([name, secret]) => [name, secret ?? (generated[name] ??= newSecret())]));
}

export interface KnownInstance {
  /** By AccessKey. */
  readonly generatedSecrets: { readonly [keyId: string]: string };
  /** Declared Group IDs; undefined: not known. */
  readonly groups?: readonly string[];
}

/** What `mqttgw dev` knows of the instances of a folder. Nothing is made or changed there. */
export function readKnownInstances(folder: string): ReadonlyMap<string, KnownInstance> {
  const file = path.join(folder, 'state.json');
  const state = unwrap(checkSchema<State>(stateSchema, readJson(file), 'state of the embedded mode', true), file);
  return new Map(Object.entries(state.instances));
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
