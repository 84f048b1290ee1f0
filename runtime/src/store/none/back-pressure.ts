import type { MessageId } from '../contract';

/** A tail that takes nothing for so long loses what falls out of the window. */
const PATIENCE_MILLISECONDS = 1000;

/** Lets senders wait while a tail has yet to take what would fall out of the window. */
export class BackPressure {
  private readonly positions = new Map<object, MessageId>();
  private waiters: (() => void)[] = [];

  took(tail: object, position: MessageId): void {
    this.positions.set(tail, position);
    this.wake();
  }

  left(tail: object): void {
    this.positions.delete(tail);
    this.wake();
  }

  /** Resolves when every tail has taken this message, or has had its time. */
  async taken(id: MessageId): Promise<void> {
    const end = performance.now() + PATIENCE_MILLISECONDS;
    for (let left = PATIENCE_MILLISECONDS; left > 0 && this.behind(id); left = end - performance.now()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left).unref();
        this.waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    // Nobody waits again for one that is frozen, until it has moved.
    for (const [tail, position] of this.positions) if (position < id) this.positions.delete(tail);
  }

  private behind(id: MessageId): boolean {
    for (const position of this.positions.values()) if (position < id) return true;
    return false;
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
