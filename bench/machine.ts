import os from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Of the last minute: more than about 0.5 before the start means that others use the machine. */
  readonly loadBefore: string;
  readonly loadAfter: string;
}

export const loadAverage = (): string => os.loadavg()[0]!.toFixed(2);

export function machine(loadBefore: string): Machine {
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown', cores: os.cpus().length, memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(), node: process.versions.node, loadBefore, loadAfter: loadAverage(),
  };
}
