import path from 'node:path';
import { freePort } from '../../test/setup/ports';
import type { Target } from '../types';
import { startProgram } from './processes';

export const sink: Target = {
  name: 'sink', title: 'Sink: answers at once, stores nothing (what the load generator can do)',
  durability: 'none',
  version: async () => process.version,
  async start({ folder }) {
    const port = await freePort();
    const program = await startProgram(process.execPath, ['--import', 'tsx', path.join(import.meta.dirname, '../load/sink.ts'), String(port)], { folder, port });
    return { port, processes: [{ role: 'broker', pid: program.pid }], key: null, stop: () => program.stop() };
  },
};
