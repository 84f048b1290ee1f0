import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../../test/setup/ports';
import type { Target } from '../types';
import { printed, startProgram } from './processes';

/** Queues without bound, so that nothing is dropped; all else as it comes. */
const settings = (port: number, folder: string): string => `
listener ${port} 127.0.0.1
allow_anonymous true
user root
persistence true
persistence_location ${folder}/
max_queued_messages 0
set_tcp_nodelay true
log_type none
`;

export const mosquitto: Target = {
  name: 'mosquitto', title: 'Mosquitto with persistence',
  durability: 'acknowledged before it is stored: in memory, saved to a file every 30 minutes and at its end',
  version: async () => /version (\S+)/.exec(await printed('mosquitto', ['-h']) ?? '')?.[1] ?? null,
  async start({ folder }) {
    const port = await freePort();
    const file = path.join(folder, 'mosquitto.conf');
    writeFileSync(file, settings(port, folder));
    const program = await startProgram('mosquitto', ['-c', file], { folder, port });
    return { port, processes: [{ role: 'broker', pid: program.pid }], key: null, stop: () => program.stop() };
  },
};
