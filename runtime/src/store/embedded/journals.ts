import type { JournalBounds, JournalContent, JournalEntry, JournalNote } from '../journal-types';
import { KIND, behind, kindKey, orderedBytes, textKey } from './keys';
import { keyText, readOrdered } from './bytes';
import type { Table } from './table';

/** Keys forgotten by one step. */
const FORGET = 1_000;

interface Figures { readonly number: number; readonly notes: number; readonly forgotten: number }
interface Key { readonly last: number; readonly notes: number }
type Note = readonly [at: number, value: string];

/**
 * Journals of the contract. A note stands under its journal, key and number; a key has a record with its last time and count, and
 * stands in an index by that time. Methods run inside a step or a read.
 */
export class JournalTables {
  constructor(private readonly state: Table) {}

  note(journal: string, notes: readonly JournalNote[], bounds: JournalBounds, now: number): void {
    const figures = { ...this.figures(journal) };
    for (const { key, at, value } of notes) {
      this.state.putJson(noteKey(journal, key, ++figures.number), [at, value] satisfies Note);
      const known = this.state.getJson<Key>(textKey(KIND.journalKey, journal, key));
      if (known !== undefined) this.state.remove(timeKey(journal, known.last, key));
      const kept = Math.min((known?.notes ?? 0) + 1, bounds.perKey);
      if (known === undefined || kept > known.notes) figures.notes++;
      else this.state.remove(this.state.keys(noteKey(journal, key, 0), undefined, 1)[0]!);
      this.state.putJson(textKey(KIND.journalKey, journal, key), { last: at, notes: kept } satisfies Key);
      this.state.put(timeKey(journal, at, key), Buffer.from(key));
    }
    const times = textKey(KIND.journalTime, journal);
    for (let forgotten = 0; forgotten < FORGET; forgotten++) {
      const [first] = this.state.entries(times, behind(times), 1);
      if (first === undefined) break;
      const last = readOrdered(first.key, times.length);
      if (figures.notes <= bounds.notes && last >= now - bounds.seconds * 1_000) break;
      figures.notes -= this.forget(journal, first.value.toString());
      figures.forgotten = Math.max(figures.forgotten, last);
    }
    this.state.putJson(textKey(KIND.journalFigures, journal), figures);
  }

  read(journal: string, key: string): JournalContent {
    const prefix = textKey(KIND.journal, journal, key);
    const entries = this.state.withPrefix(prefix).map(({ key: at, value }): JournalEntry => {
      const [time, text] = JSON.parse(value.toString()) as Note;
      return { number: readOrdered(at, prefix.length), at: time, value: text };
    });
    return { entries, forgottenUntil: this.figures(journal).forgotten };
  }

  /** How many notes went. */
  private forget(journal: string, key: string): number {
    const { last, notes } = this.state.getJson<Key>(textKey(KIND.journalKey, journal, key))!;
    for (const note of this.state.withPrefix(textKey(KIND.journal, journal, key))) this.state.remove(note.key);
    this.state.remove(textKey(KIND.journalKey, journal, key));
    this.state.remove(timeKey(journal, last, key));
    return notes;
  }

  private figures(journal: string): Figures {
    return this.state.getJson<Figures>(textKey(KIND.journalFigures, journal)) ?? { number: 0, notes: 0, forgotten: 0 };
  }
}

function noteKey(journal: string, key: string, number: number): Buffer {
  return kindKey(KIND.journal, keyText(journal), keyText(key), orderedBytes(number));
}

function timeKey(journal: string, at: number, key: string): Buffer {
  return kindKey(KIND.journalTime, keyText(journal), orderedBytes(at), keyText(key));
}
