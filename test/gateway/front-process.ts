/** The front of several gateways, HAProxy itself with the configuration that is deployed, and a DNS that names them as Docker's does. */
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { CONTAINER_PORTS } from '../../lib/deployment/deployment';
import { frontConfig } from '../../lib/deployment/docker-host/front';
import type { ListenerBindings, ListenerName } from '../../lib/manifest/manifest';
import { freePorts } from '../setup/ports';

type Name = ListenerName | 'http';
type Ports = { readonly [name in Name]: number };
const NAMES = Object.keys(CONTAINER_PORTS) as Name[];
const ALIAS = 'gateways.test';

export interface FrontProcess {
  port(name: Name): number;
  /** Where the gateway of this address listens. */
  bindings(address: string): ListenerBindings;
  /** What it logged so far. */
  log(): string;
  stop(): Promise<void>;
}

/** In front of the gateways at these addresses of loopback, which may come later. */
export async function startFront(addresses: readonly string[]): Promise<FrontProcess> {
  const [inside, outside] = [await portsOfAll(), await portsOfAll()];
  const dns = await startDns(addresses);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-front-'));
  const file = path.join(folder, 'haproxy.cfg');
  writeFileSync(file, onThisMachine(frontConfig(NAMES, ALIAS), inside, outside, dns.port));
  const child = spawn('haproxy', ['-W', '-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => { output += data; });
  child.once('exit', (code) => { if (code !== null && code !== 0) process.stderr.write(`haproxy ended with ${code}:\n${output}\n`); });
  return {
    port: (name) => outside[name],
    log: () => output,
    bindings: (address) => Object.fromEntries(NAMES.map((name) => [name, { bindAddress: address, port: inside[name] }])) as unknown as ListenerBindings,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      dns.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function portsOfAll(): Promise<Ports> {
  const ports = await freePorts(NAMES.length);
  return Object.fromEntries(NAMES.map((name, index) => [name, ports[index]!])) as Ports;
}

/** The same text with free ports, and with the DNS of the test. A place that is not found would leave a port of a container in it. */
function onThisMachine(config: string, inside: Ports, outside: Ports, dnsPort: number): string {
  let text = config.replace('nameserver dns 127.0.0.11:53', `nameserver dns 127.0.0.1:${dnsPort}`);
  for (const name of NAMES) {
    text = text.replaceAll(new RegExp(`bind :${CONTAINER_PORTS[name]}$`, 'gm'), `bind 127.0.0.1:${outside[name]}`)
      .replaceAll(new RegExp(`(${ALIAS}:|check port )${CONTAINER_PORTS[name]}\\b`, 'g'), `$1${inside[name]}`);
  }
  return text;
}

/** Answers every question for an IPv4 address with all of them, and others with none. */
async function startDns(addresses: readonly string[]): Promise<{ port: number; close(): void }> {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (query, { port, address }) => socket.send(answer(query, addresses), port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: (socket.address() as AddressInfo).port, close: () => socket.close() };
}

const HEADER_BYTES = 12;
const TYPE_A = 1;

function answer(query: Buffer, addresses: readonly string[]): Buffer {
  const end = query.indexOf(0, HEADER_BYTES) + 5; // behind the name: its type and class
  const found = query.readUInt16BE(end - 4) === TYPE_A ? addresses : [];
  const header = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, found.length, 0, 0, 0, 0]);
  const records = found.map((address) => Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]));
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]);
}
