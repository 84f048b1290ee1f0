import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePorts } from '../../test/setup/ports';
import type { Target } from '../types';
import { PEERS } from './peers';
import { printed, startProgram } from './processes';

function program(): string | null {
  const folder = path.join(PEERS, 'nats');
  const version = existsSync(folder) ? readdirSync(folder).at(-1) : undefined;
  return version === undefined ? null : path.join(folder, version, 'nats-server');
}

export const nats: Target = {
  name: 'nats', title: 'NATS server, JetStream MQTT',
  durability: 'written to its file before PUBACK, flushed to disk every 2 minutes',
  async version() {
    const file = program();
    return file === null ? null : / v(\S+)/.exec(await printed(file, ['--version']) ?? '')?.[1] ?? null;
  },
  async start({ folder }) {
    const [port, natsPort] = await freePorts(2) as [number, number];
    const file = path.join(folder, 'nats.conf');
    writeFileSync(file, `
server_name: bench
listen: "127.0.0.1:${natsPort}"
jetstream { store_dir: ${JSON.stringify(path.join(folder, 'jetstream'))} }
mqtt { listen: "127.0.0.1:${port}" }
`);
    const server = await startProgram(program()!, ['-c', file], { folder, port });
    return { port, processes: [{ role: 'broker', pid: server.pid }], key: null, stop: () => server.stop() };
  },
};
