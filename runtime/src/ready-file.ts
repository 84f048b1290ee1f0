/**
 * The file by which a container's health check learns that the process is ready: it is touched every few seconds and
 * removed when the process is not ready. The check looks at its age, so a process that hangs or was killed is found too,
 * and no check has to start a process of Node.
 */
import { rmSync, utimesSync, writeFileSync } from 'node:fs';

/** A check that allows a minute sees several touches. */
export const TOUCH_INTERVAL_MS = 5_000;

export class ReadyFile {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly path: string | undefined, private readonly isReady: () => boolean) {}

  start(): void {
    this.update();
    this.timer = setInterval(() => this.update(), TOUCH_INTERVAL_MS);
    this.timer.unref();
  }

  /** To be called when readiness may have changed, so that nobody waits for the next touch. */
  update(): void {
    if (this.path === undefined) return;
    if (!this.isReady()) return rmSync(this.path, { force: true });
    try {
      utimesSync(this.path, new Date(), new Date());
    } catch {
      writeFileSync(this.path, '', { mode: 0o644 });
    }
  }

  stop(): void {
    clearInterval(this.timer);
    if (this.path !== undefined) rmSync(this.path, { force: true });
  }
}
