import type { Notice, Store } from './contract';

export interface RecordListener {
  changed(id: string): void | Promise<void>;
  /** Notices were lost, or this is the beginning: everything of the kind may be different. */
  missed(): Promise<void>;
}

/** Follows one kind of named records: by notices, and by its revision where one was lost. */
export class RecordFollower {
  private revision = -1;

  constructor(private readonly store: Store, private readonly kind: string, private readonly listener: RecordListener) {}

  notice(notice: Notice): void {
    if (notice.kind !== 'records' || notice.recordKind !== this.kind || notice.revision <= this.revision) return;
    const changed = this.listener.changed(notice.id);
    // behind a gap the revision stays, so that the next check reads everything
    if (notice.revision === this.revision + 1) this.revision = notice.revision;
    // so does one that could not be followed
    void changed?.catch(() => { this.revision = -1; });
  }

  /** One small read when nothing was missed. */
  async check(): Promise<void> {
    const revision = await this.store.recordsRevision(this.kind);
    if (revision === this.revision) return;
    await this.listener.missed();
    // what came meanwhile may be lost from sight here, and costs one more reading at most
    this.revision = revision;
  }
}
