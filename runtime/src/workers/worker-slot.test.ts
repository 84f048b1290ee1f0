import cluster from 'node:cluster';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../logging';
import type { GatewayConfig } from '../config/gateway-config';
import { WorkerSlot } from './worker-slot';

/** Does nothing at all, as a process that still loads; or says what a worker says first. */
const PROGRAMS = { silent: 'setInterval(() => undefined, 60_000);', greeting: `process.on('message', () => undefined); process.send({ kind: 'hello' });` };

let folder: string;
beforeAll(() => { folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-slot-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A slot with a process that runs, and has said what it says. */
async function started(program: keyof typeof PROGRAMS): Promise<{ slot: WorkerSlot; pid: number }> {
  const exec = path.join(folder, `${program}.cjs`);
  writeFileSync(exec, PROGRAMS[program]);
  cluster.setupPrimary({ exec, args: [] });
  let planned!: () => void;
  const greeted = new Promise<void>((resolve) => { planned = resolve; });
  const slot = new WorkerSlot({
    number: 1, logger: createLogger({ level: 'silent' }),
    plan: (number) => {
      planned();
      return {
        identity: { number, gatewayId: 'g', startedAt: 0 }, config: {} as GatewayConfig, store: { kind: 'embedded', folder: '' }, sealingKey: '',
        log: { stream: 'stdout', format: 'json' },
      };
    },
    onChange: () => undefined, onFailure: () => undefined, onEarlyDeath: () => undefined, onPrepared: () => undefined,
  });
  const online = new Promise<number>((resolve) => cluster.once('online', (worker) => resolve(worker.process.pid!)));
  slot.start();
  const pid = await online;
  if (program === 'greeting') await greeted;
  return { slot, pid };
}

describe('the end of a worker that is stopped', () => {
  it.each([
    ['is clean when the terminal\'s signal reached it before it listened: it held nothing', 'silent', true],
    ['is not clean when a signal ended it later', 'greeting', false],
  ] as const)('%s', async (_what, program, clean) => {
    const { slot, pid } = await started(program);
    const stopped = slot.stop(20_000);
    process.kill(pid, 'SIGINT');
    expect(await stopped).toEqual({ clean });
  });
});
