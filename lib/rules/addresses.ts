/** P1 and P2: domains, ports, bind addresses, and which of them meet on one host. */
import { createHash } from 'node:crypto';
import type { ListenerBindings, ListenerName } from '../manifest/manifest';
import { Finding, Unknown, allKnown, show } from './finding';
import { checkWholeNumber } from './limits';

export const LISTENER_NAMES: readonly ListenerName[] = ['tcp', 'tls', 'websocket', 'websocketTls', 'flash'];

/** As public documentation of the product has them; 18080 is ours: health, metrics, API and console. */
export const DEFAULT_PORTS: { readonly [K in ListenerName | 'http']: number } = {
  tcp: 1883, tls: 8883, websocket: 80, websocketTls: 443, flash: 843, http: 18080,
};

/** Scheme and path of an endpoint's URL. */
export const URL_PARTS: { readonly [K in ListenerName]: { readonly scheme: string; readonly path: string } } = {
  tcp: { scheme: 'mqtt', path: '' },
  tls: { scheme: 'mqtts', path: '' },
  websocket: { scheme: 'ws', path: '/mqtt' },
  websocketTls: { scheme: 'wss', path: '/mqtt' },
  flash: { scheme: 'xmlsocket', path: '' },
};

export function isIpAddress(text: string): boolean {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  return isIpv4(bare) || isIpv6(bare);
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  return /^[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$/.test(text);
}

/** 127.0.0.0/8, ::1 and `localhost`: nobody outside the host reaches it. */
export function isLoopback(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIpv4(bare) && bare.startsWith('127.'));
}

const ANY_ADDRESS = new Set(['0.0.0.0', '::', '[::]', '']);

/** Labels of a host name; `_` is not in the standard but Docker networks have it. */
const DOMAIN = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9_-]{0,62}))*\.?$/;

/** What a resolver reads as an IPv4 address, however it is written: `127.0.0.1.`, `127.1`, `2130706433`, `0x7f000001`. */
const ENDS_IN_NUMBER = /(^|\.)(\d+|0x[0-9a-f]*)\.?$/i;

/** Regular expression → replacement, such that JavaScript and Terraform read them alike. */
const PLAIN_STEPS: readonly (readonly [string, string])[] = [
  // also of a password with what belongs encoded, and of one behind the host
  ['://.*@', '://'],
  ['[?#].*$', ''],
  ['^(rediss?://[^/]*)/0?$', '$1'],
  ['^(rediss?://[^:/[]+)$', '$1:6379'],
];

/** An address as it is compared: without user and password, and without what is the default of Redis anyway. */
export function plainAddress(address: string): string {
  return PLAIN_STEPS.reduce((text, [from, to]) => text.replace(new RegExp(from), to), address);
}

/** The same as a Terraform expression, for an address that only the deploy knows. */
export function plainAddressExpression(expression: string): string {
  return PLAIN_STEPS.reduce((text, [from, to]) => `replace(${text}, "/${from}/", "${to}")`, expression);
}

/** Characters of one label of a domain name. */
const LABEL = 63;

/** A label that is too long ends in a hash of what it was made from, so that two of one beginning stay apart. */
export function fitLabel(label: string, madeFrom: string = label): string {
  return label.length <= LABEL ? label : `${label.slice(0, LABEL - 9)}-${createHash('sha256').update(madeFrom).digest('hex').slice(0, 8)}`;
}

/** First label of an instance's internal endpoints. An instance id may have one character more than a resolver takes. */
export function internalLabel(instanceId: string): string {
  return fitLabel(instanceId.toLowerCase());
}

/** P2: endpoints are domains. */
export function checkDomain(subject: string, domain: string): Finding[] {
  if (isIpAddress(domain) || ENDS_IN_NUMBER.test(domain)) {
    return [{ rule: 'P2', subject, got: `the IP address ${show(domain)}`, allowed: 'a domain name', fix: 'give a name that resolves to this address, such as mqtt.example.com' }];
  }
  if (DOMAIN.test(domain)) return [];
  return [{ rule: 'P2', subject, got: show(domain), allowed: 'a domain name without scheme, port and path', fix: 'write the host name alone, such as mqtt.example.com' }];
}

export function checkPort(listener: string, port: number, unknown: Unknown = allKnown): Finding[] {
  return checkWholeNumber('P1', `port of listener ${listener}`, port, 1, 65_535, 'a TCP port', unknown);
}

export function checkBindAddress(listener: string, address: string): Finding[] {
  if (isIpAddress(address)) return [];
  return [{ rule: 'P1', subject: `bind address of listener ${listener}`, got: show(address), allowed: 'an IP address of the host', fix: 'write 0.0.0.0 for every interface or 127.0.0.1 for loopback' }];
}

export function loopbackOnly(listeners: ListenerBindings, unknown: Unknown = allKnown): boolean {
  return listenersOf(listeners).every(({ bindAddress }) => !unknown(bindAddress) && isLoopback(bindAddress));
}

/** One listener on one host. */
export interface PortUse<T> {
  readonly owner: T;
  readonly listener: ListenerName | 'http';
  readonly host: string;
  readonly bindAddress: string;
  readonly port: number;
}

export function listenersOf(listeners: ListenerBindings): { listener: ListenerName | 'http'; bindAddress: string; port: number }[] {
  return [...LISTENER_NAMES, 'http' as const].flatMap((listener) => {
    const binding = listeners[listener];
    return binding ? [{ listener, bindAddress: binding.bindAddress, port: binding.port }] : [];
  });
}

export interface PortClash<T> {
  readonly first: PortUse<T>;
  readonly second: PortUse<T>;
  /** A port that nothing in the program uses on that host. */
  readonly proposal: number;
}

/** P1: the second of two listeners that meet on one host, each with a free port. */
export function portClashes<T>(uses: readonly PortUse<T>[]): PortClash<T>[] {
  const taken = new Map<string, Set<number>>();
  for (const { host, port } of uses) taken.set(host, (taken.get(host) ?? new Set()).add(port));
  const clashes: PortClash<T>[] = [];
  const byPort = new Map<string, PortUse<T>[]>();
  for (const use of uses) {
    const key = `${use.host} ${use.port}`;
    const earlier = byPort.get(key) ?? [];
    const first = earlier.find(({ bindAddress }) => addressesMeet(bindAddress, use.bindAddress));
    if (first) clashes.push({ first, second: use, proposal: freePort(use.port, taken.get(use.host)!) });
    byPort.set(key, [...earlier, use]);
  }
  return clashes;
}

function addressesMeet(a: string, b: string): boolean {
  const plain = (address: string) => (address === 'localhost' ? '127.0.0.1' : address);
  return plain(a) === plain(b) || ANY_ADDRESS.has(a) || ANY_ADDRESS.has(b);
}

/** Near the wanted port, so that 1883 becomes 1884 and 80 becomes 10080; two clashes never get the same proposal. */
function freePort(wanted: number, taken: Set<number>): number {
  let port = wanted < 1024 ? wanted + 10_000 : wanted + 1;
  while (taken.has(port) || port > 65_535) port = port >= 65_535 ? 1024 : port + 1;
  taken.add(port);
  return port;
}
