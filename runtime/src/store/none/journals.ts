import type { JournalBounds, JournalContent, JournalEntry, JournalNote } from '../journal-types';

interface Journal {
  /** Keys in the order of their last notes. */
  readonly keys: Map<string, JournalEntry[]>;
  number: number;
  notes: number;
  forgottenUntil: number;
}

/** Journals of the contract, while the process lives. */
export class JournalMemory {
  private readonly journals = new Map<string, Journal>();

  note(name: string, notes: readonly JournalNote[], bounds: JournalBounds, now: number): void {
    const journal = this.journals.get(name) ?? { keys: new Map<string, JournalEntry[]>(), number: 0, notes: 0, forgottenUntil: 0 };
    this.journals.set(name, journal);
    for (const { key, at, value } of notes) {
      const entries = journal.keys.get(key) ?? [];
      journal.keys.delete(key);
      journal.keys.set(key, entries);
      entries.push({ number: ++journal.number, at, value });
      if (entries.length > bounds.perKey) entries.shift();
      else journal.notes++;
    }
    for (const [key, entries] of journal.keys) {
      const last = entries.at(-1)!.at;
      if (journal.notes <= bounds.notes && last >= now - bounds.seconds * 1_000) break;
      journal.keys.delete(key);
      journal.notes -= entries.length;
      journal.forgottenUntil = Math.max(journal.forgottenUntil, last);
    }
  }

  read(name: string, key: string): JournalContent {
    const journal = this.journals.get(name);
    return { entries: [...journal?.keys.get(key) ?? []], forgottenUntil: journal?.forgottenUntil ?? 0 };
  }
}
