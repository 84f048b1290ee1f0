/** Names: N1–N4, and the ids that stand in usernames, Docker names and keys of the store (I1). */
import { Finding, show } from './finding';

/** Characters as people count them: one for a CJK character, one for an emoji of a single code point. */
export function characters(text: string): number {
  return [...text].length;
}

interface NameRule {
  readonly rule: string;
  readonly subject: string;
  readonly min: number;
  readonly max: number;
}

const NAME_SET = /^[A-Za-z0-9_-]*$/;
const SET_WORDS = 'letters, digits, "-" and "_"';

const INSTANCE_NAME: NameRule = { rule: 'N1', subject: 'MQTT instance name', min: 3, max: 64 };
const INSTANCE_ID: NameRule = { rule: 'I1', subject: 'instance id', min: 3, max: 64 };
const REGION_ID: NameRule = { rule: 'I1', subject: 'region id', min: 1, max: 64 };
const TOPIC_NAME: NameRule = { rule: 'N2', subject: 'parent topic name', min: 3, max: 64 };
const GROUP_NAME: NameRule = { rule: 'N3', subject: 'Group ID', min: 7, max: 60 };
const ACCOUNT_NAME: NameRule = { rule: 'A4', subject: 'account name', min: 1, max: 64 };
const BACKEND_USER: NameRule = { rule: 'S1', subject: 'backend user name', min: 1, max: 64 };
const CONSOLE_USER: NameRule = { rule: 'A4', subject: 'console user name', min: 1, max: 64 };
const KEY_ID: NameRule = { rule: 'A1', subject: 'AccessKey id', min: 1, max: 128 };

function checkName(name: string, { rule, subject, min, max }: NameRule): Finding[] {
  const length = characters(name);
  if (length >= min && length <= max && NAME_SET.test(name)) return [];
  const got = length < min || length > max ? `${show(name)} (${length} characters)` : show(name);
  return [{
    rule, subject, got, allowed: `${min} to ${max} characters of ${SET_WORDS}`,
    fix: length < min ? 'choose a longer name' : length > max ? 'choose a shorter name' : 'take the other characters out',
  }];
}

export const checkInstanceName = (name: string): Finding[] => checkName(name, INSTANCE_NAME);
export const checkInstanceId = (id: string): Finding[] => checkName(id, INSTANCE_ID);
export const checkRegionId = (id: string): Finding[] => checkName(id, REGION_ID);
export const checkAccountName = (name: string): Finding[] => checkName(name, ACCOUNT_NAME);
export const checkBackendUserName = (name: string): Finding[] => checkName(name, BACKEND_USER);
export const checkConsoleUserName = (name: string): Finding[] => checkName(name, CONSOLE_USER);
/** No `|`: it stands between the parts of a username. */
export const checkAccessKeyId = (id: string): Finding[] => checkName(id, KEY_ID);

/** Group IDs and the ids of the original's clients start so; a topic of that name would be taken for one. */
const RESERVED_TOPIC_PREFIX = /^(CID|GID)/;

export function checkTopicName(name: string): Finding[] {
  const findings = checkName(name, TOPIC_NAME);
  if (RESERVED_TOPIC_PREFIX.test(name)) {
    findings.push({
      rule: 'N2', subject: TOPIC_NAME.subject, got: show(name), allowed: 'a name that does not start with CID or GID',
      fix: 'choose another beginning; a group is declared with instance.addGroupId(…)',
    });
  }
  return findings;
}

export function checkGroupName(name: string): Finding[] {
  const findings = checkName(name, GROUP_NAME);
  if (!/^GID[_-]/.test(name)) {
    findings.push({ rule: 'N3', subject: GROUP_NAME.subject, got: show(name), allowed: 'a name that starts with GID_ or GID-', fix: `write ${show(`GID_${name}`)}` });
  }
  return findings;
}

/** N4: 1–64 characters of any kind. */
export function checkStorageName(name: string): Finding[] {
  const length = characters(name);
  if (length >= 1 && length <= 64) return [];
  return [{
    rule: 'N4', subject: 'storage instance name', got: `${show(name)} (${length} characters)`, allowed: '1 to 64 characters',
    fix: length === 0 ? 'give it a name' : 'choose a shorter name and put the rest into the description',
  }];
}

/** N4: description and remarks. */
export function checkRemark(subject: string, text: string): Finding[] {
  const length = characters(text);
  if (length <= 128) return [];
  return [{ rule: 'N4', subject, got: `${length} characters`, allowed: 'at most 128 characters', fix: 'shorten it' }];
}

/** Users that a store has before any storage; ids are unique ignoring case, so these are taken so. */
const STORE_USERS = new Set(['admin', 'default', 'health']);

/** A storage id stands in keys of the store (in braces) and in the name of the storage's own store user. */
export function checkStorageId(id: string): Finding[] {
  if (STORE_USERS.has(id.toLowerCase())) {
    return [{ rule: 'E6', subject: 'storage id', got: `${show(id)}, which is a user of the store itself`, allowed: `an id other than ${[...STORE_USERS].join(', ')}`, fix: 'leave storageId out, or choose another one' }];
  }
  if (/^[A-Za-z0-9-]{1,128}$/.test(id)) return [];
  return [{ rule: 'E6', subject: 'storage id', got: show(id), allowed: '1 to 128 characters of letters, digits and "-"', fix: 'leave storageId out, or take the other characters out' }];
}

/** A group of values that must differ but do not. */
export interface Repeated<T> {
  readonly value: string;
  /** At least two, in the order of declaration. */
  readonly items: readonly T[];
}

export function repeated<T>(items: readonly T[], valueOf: (item: T) => string, ignoreCase: boolean): Repeated<T>[] {
  const byValue = new Map<string, T[]>();
  for (const item of items) {
    const key = ignoreCase ? valueOf(item).toLowerCase() : valueOf(item);
    byValue.set(key, [...(byValue.get(key) ?? []), item]);
  }
  return [...byValue.values()].filter((group) => group.length > 1).map((group) => ({ value: valueOf(group[0]), items: group }));
}

/** The finding of a name that another one has taken. `within` says where it must be unique, `other` who has it. */
export function duplicate(rule: string, subject: string, value: string, within: string, other: string, ignoreCase: boolean): Finding {
  return {
    rule, subject, got: `${show(value)}, which ${other} has too`,
    allowed: `a name that is unique in ${within}${ignoreCase ? ', ignoring case' : ''}`, fix: 'rename one of them',
  };
}
