import { createHash } from 'node:crypto';

/** A Lua script as sent: by its hash, and whole when the server does not know it (after its restart). */
export class Script {
  readonly text: string;
  readonly sha: string;

  /**
   * @param allowOom for steps that free memory, or that must go through on a full store (a cursor, a close). A header line
   * of Redis 7; without it, a script meets a full store at its first write.
   */
  constructor(parts: readonly string[], allowOom = false) {
    this.text = (allowOom ? '#!lua flags=allow-oom\n' : '') + parts.join('\n');
    this.sha = createHash('sha1').update(this.text).digest('hex');
  }
}
