/** Finds what synthesized stacks declare, and the instance that is to run. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { InstanceRecord, StackRecord, StorageManifest } from '../../../lib/manifest/manifest';
import { readJson, unwrap } from '../config/files';
import { checkDocument } from '../manifest/check';
import { EXIT, UserError } from '../user-error';
import { resolveVariables, type TerraformVariables } from './variables';

/** A declared instance as the stack has it: values may still be Terraform variables. */
interface Candidate {
  readonly stack: string;
  readonly file: string;
  readonly raw: unknown;
  readonly instanceId: string;
  readonly variables: TerraformVariables;
}

export interface Found {
  readonly stack: string;
  readonly record: InstanceRecord;
  /** null: direct push (B6). */
  readonly storage: StorageManifest | null;
}

interface SynthesizedStack { readonly '//'?: { readonly mqttGateway?: unknown }; readonly variable?: TerraformVariables }

export interface Selection { readonly synthDir: string; readonly stack?: string; readonly instance?: string }

export function findInstance(selection: Selection, env: NodeJS.ProcessEnv): Found {
  const stacks = readStacks(selection.synthDir);
  const chosen = choose(candidatesOf(stacks), selection);
  const record = resolveRecord(chosen, env);
  return { stack: chosen.stack, record, storage: record.storage ?? storageElsewhere(record, stacks, env) };
}

interface ReadStack { readonly name: string; readonly file: string; readonly json: SynthesizedStack }

function readStacks(synthDir: string): ReadStack[] {
  const dir = path.join(synthDir, 'stacks');
  if (!existsSync(dir)) {
    throw new UserError(`there is no synthesized stack in ${synthDir}; run \`npx cdktf synth\` first, or name its output with --synth`);
  }
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(dir, entry.name, 'cdk.tf.json')))
    .map(({ name }) => {
      const file = path.join(dir, name, 'cdk.tf.json');
      return { name, file, json: synthesizedStack(readJson(file), file) };
    });
}

/** What stands in a record is judged when it is resolved; here only what is looked at before. */
function synthesizedStack(json: unknown, file: string): SynthesizedStack {
  const stack = typeof json === 'object' && json !== null ? json as SynthesizedStack : undefined;
  const record = stack?.['//']?.mqttGateway as Partial<StackRecord> | undefined;
  const lists = [record?.instances ?? [], record?.unboundStorage ?? []];
  if (stack && lists.every(Array.isArray)) return stack;
  throw new UserError(`${file} is not what \`cdktf synth\` writes; synthesize again`);
}

function candidatesOf(stacks: readonly ReadStack[]): Candidate[] {
  return stacks.flatMap(({ name, file, json }) => {
    const record = json['//']?.mqttGateway as Partial<StackRecord> | undefined;
    // ids are plain text at synth (I1), so they can be compared before anything is resolved
    return (record?.instances ?? []).map((raw) => ({
      stack: name, file, raw, instanceId: String(raw?.manifest?.instanceId), variables: json.variable ?? {},
    }));
  });
}

function choose(all: readonly Candidate[], { synthDir, stack, instance }: Selection): Candidate {
  const matching = all.filter((candidate) => (stack === undefined || candidate.stack === stack) && (instance === undefined || candidate.instanceId === instance));
  const [first, second] = matching;
  if (first && !second) return first;
  const list = (candidates: readonly Candidate[]) => candidates.map((candidate) => `  --stack ${candidate.stack} --instance ${candidate.instanceId}`).join('\n');
  if (first) throw new UserError(`${matching.length} instances match; choose one:\n${list(matching)}`, EXIT.usage);
  if (all.length > 0) throw new UserError(`no instance matches${stack ? ` --stack ${stack}` : ''}${instance ? ` --instance ${instance}` : ''}; there are:\n${list(all)}`, EXIT.usage);
  throw new UserError(`no stack in ${synthDir} declares an MQTT instance; declare one and synthesize again`);
}

function resolveRecord({ stack, file, raw, variables }: Candidate, env: NodeJS.ProcessEnv): InstanceRecord {
  const { value, unresolved } = resolveVariables(raw, variables, env);
  if (unresolved.length > 0) throw new UserError(`stack "${stack}" cannot run here yet:\n${unresolved.map((line) => `  ${line}`).join('\n')}`);
  const version = (value as { manifest?: { version?: unknown } } | null)?.manifest?.version;
  return unwrap(checkDocument('stack', { version, instances: [value], unboundStorage: [] }), file).instances[0] as InstanceRecord;
}

/** A binding may name a storage that another stack of the same program declares. */
function storageElsewhere(record: InstanceRecord, stacks: readonly ReadStack[], env: NodeJS.ProcessEnv): StorageManifest | null {
  const { instanceId, binding } = record.manifest;
  if (!binding) return null;
  for (const { file, json } of stacks) {
    const declared = json['//']?.mqttGateway as Partial<StackRecord> | undefined;
    const storages = [...(declared?.unboundStorage ?? []), ...(declared?.instances ?? []).map(({ storage }) => storage)];
    const raw = storages.find((storage) => storage?.storageId === binding.storageId);
    if (!raw) continue;
    const { value, unresolved } = resolveVariables(raw, json.variable ?? {}, env);
    if (unresolved.length > 0) throw new UserError(`storage instance "${binding.storageName}" cannot run here yet:\n${unresolved.map((line) => `  ${line}`).join('\n')}`);
    return unwrap(checkDocument('storage', value), file);
  }
  throw new UserError(`the storage instance "${binding.storageName}" of MQTT instance "${instanceId}" is declared by no synthesized stack here; synthesize the program that declares it into the same folder`);
}
