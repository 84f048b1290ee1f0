import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cpuSince, sampleCpu } from '../load/cpu';
import type { Context, Figure, Scenario } from '../types';

/** What Redis itself can append on this machine: no gateway on it can be faster without packing messages. */
async function xadd(context: Context, name: string, options: readonly string[]): Promise<Figure> {
  const cpu = sampleCpu(context);
  const { stdout } = await promisify(execFile)('redis-benchmark', [
    '-p', String(context.port), '-n', String(context.size.redisCommands), '--csv', ...options, 'XADD', 'bench', '*', 'p', '.'.repeat(context.payloadBytes),
  ], { maxBuffer: 16 * 1024 * 1024 });
  const line = stdout.trim().split('\n').at(-1)!;
  return { name, value: Number(line.split('","')[1]!.replaceAll('"', '')), unit: 'msg/s', better: 'higher', cpu: cpuSince(context, cpu) };
}

export const redisLimit: Scenario = {
  name: 'redis-limit', title: 'redis-benchmark XADD, 256 B', timeoutSeconds: 90, only: ['redis', 'redis-always'],
  async run(context) {
    return [
      await xadd(context, '10 clients', ['-c', '10']),
      await xadd(context, '200 clients', ['-c', '200']),
      await xadd(context, '1 client, pipelines of 64', ['-c', '1', '-P', '64']),
    ];
  },
};
