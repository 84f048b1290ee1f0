/** A loss of power under `everysec`: what Redis wrote in the last moments is not on the disk. */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import type { TestRedis } from '../setup/redis';

const SAMPLE_MS = 50;
/** A bit more than is ever asked for. */
const KEPT_MS = 3_000;

export class PowerCut {
  private readonly sizes: { readonly at: number; readonly file: string; readonly bytes: number }[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly redis: TestRedis) {
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Kills the store and cuts its file to what it was so long ago. */
  async strike(milliseconds: number): Promise<void> {
    const then = Date.now() - milliseconds;
    await this.redis.kill9();
    const file = this.file();
    const size = this.sizes.filter((sample) => sample.file === file && sample.at <= then).at(-1);
    if (file !== null && size !== undefined) truncateSync(file, size.bytes);
    this.sizes.length = 0;
  }

  private sample(): void {
    const file = this.file();
    if (file === null) return;
    this.sizes.push({ at: Date.now(), file, bytes: statSync(file).size });
    while (this.sizes[0]!.at < Date.now() - KEPT_MS) this.sizes.shift();
  }

  /** The part that commands are appended to (Redis 7, multi-part append-only file). */
  private file(): string | null {
    const folder = path.join(this.redis.dir, 'appendonlydir');
    const parts = readdirSync(folder).filter((name) => name.endsWith('.incr.aof'));
    return parts.length === 0 ? null : path.join(folder, parts.sort((a, b) => number(a) - number(b)).at(-1)!);
  }
}

const number = (name: string): number => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1]);
