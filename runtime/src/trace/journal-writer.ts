/** Notes on their way to a journal of the store: taken within a budget, written once a second, away from whoever they are about. */
import type { EventLogger } from '../events';
import type { JournalBounds, JournalNote, Store } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';

export interface JournalWriterOptions {
  readonly store: Pick<Store, 'journals'>;
  readonly logger: EventLogger;
  readonly journal: string;
  readonly bounds: JournalBounds;
  /** Notes taken a second; what exceeds it is not noted. */
  readonly perSecond: number;
  /** Notes that were taken and are lost all the same: the store was away for too long, or refused them. */
  lost?(notes: readonly JournalNote[]): void;
}

const INTERVAL_MS = 1_000;
/** Budget that a quiet time saves up, in seconds of it: a fleet that comes back all at once is noted too. */
const BURST_SECONDS = 10;
/** Each holds on its own what waits for a store that is away. */
const HELD_SECONDS = 20;
/** Notes of one step of the store. */
const STEP = 300;
/** Now and then also without notes, so that old ones go. */
const IDLE_ROUNDS = 60;

export class JournalWriter {
  private budget: number;
  private pending: JournalNote[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> | null = null;
  private rounds = 0;
  /** Notes that were not taken, or lost, since the start. */
  lost = 0;

  constructor(private readonly options: JournalWriterOptions) {
    this.budget = options.perSecond * BURST_SECONDS;
  }

  start(): void {
    this.timer ??= setInterval(() => this.round(), INTERVAL_MS);
    this.timer.unref();
  }

  /** Writes what waits. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.writing;
    await this.write();
  }

  /** False: above the budget. */
  note(note: JournalNote): boolean {
    if (this.budget < 1) {
      this.lost++;
      return false;
    }
    this.budget--;
    this.pending.push(note);
    return true;
  }

  private round(): void {
    const { perSecond } = this.options;
    this.budget = Math.min(this.budget + perSecond, perSecond * BURST_SECONDS);
    this.rounds++;
    if (this.pending.length > 0 || this.rounds % IDLE_ROUNDS === 0) this.writing ??= this.write().finally(() => { this.writing = null; });
  }

  private async write(): Promise<void> {
    const { store, journal, bounds, logger, perSecond } = this.options;
    do {
      const notes = this.pending.splice(0, STEP);
      try {
        await store.journals.note(journal, notes, bounds);
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) {
          this.lose(notes);
          logger.warn({ journal, error: (error as Error).message }, 'trace-failed');
          continue;
        }
        this.pending.unshift(...notes);
        this.lose(this.pending.splice(0, Math.max(0, this.pending.length - perSecond * HELD_SECONDS)));
        return; // the next round tries again
      }
    } while (this.pending.length > 0);
  }

  private lose(notes: readonly JournalNote[]): void {
    this.lost += notes.length;
    this.options.lost?.(notes);
  }
}
