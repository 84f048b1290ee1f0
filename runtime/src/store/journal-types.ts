/**
 * Journals: notes of what happened, by key, such as the events of a device. They are bounded in every direction: what exceeds a
 * bound is forgotten, oldest first, and so is what gets too old. Losing a note harms nobody.
 */

export interface JournalNote {
  /** Whom or what it is about. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: string;
}

export interface JournalBounds {
  /** Notes kept of one key; older ones go. */
  readonly perKey: number;
  /** Notes kept in all; keys that nothing was noted of for longest go, whole. */
  readonly notes: number;
  /** Keys that nothing was noted of for so long go. */
  readonly seconds: number;
}

export interface JournalEntry {
  /** Grows with every note of the journal. */
  readonly number: number;
  readonly at: number;
  readonly value: string;
}

export interface JournalContent {
  /** In the order of the notes. */
  readonly entries: readonly JournalEntry[];
  /** Whatever was forgotten whole happened until then, milliseconds since 1970. */
  readonly forgottenUntil: number;
}

export interface Journals {
  /** One step. Without notes it only forgets what is too old. */
  note(journal: string, notes: readonly JournalNote[], bounds: JournalBounds): Promise<void>;
  read(journal: string, key: string): Promise<JournalContent>;
}
