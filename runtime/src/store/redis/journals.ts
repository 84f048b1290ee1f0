import type { JournalBounds, JournalContent, JournalNote, Journals } from '../journal-types';
import type { Connection } from './connection';
import type { SidePart } from './memory';
import { scripts } from './scripts';

/** Notes of one call: a millisecond or two of Redis. */
const NOTE_STEP = 300;

/** Journals of the contract: `j`, `jt` and `jn` in DESIGN.md. */
export class RedisJournals implements Journals {
  constructor(private readonly connection: Connection, private readonly prefix: string, private readonly side: SidePart) {}

  async note(journal: string, notes: readonly JournalNote[], { perKey, notes: most, seconds }: JournalBounds): Promise<void> {
    for (let at = 0; at === 0 || at < notes.length; at += NOTE_STEP) {
      const args = notes.slice(at, at + NOTE_STEP).flatMap((note) => [note.key, note.at, note.value]);
      this.side.bytes = (await this.connection.script(scripts.noteJournal, this.prefix, journal, perKey, most, seconds, this.side.bound('journal'), ...args)) as number;
    }
  }

  async read(journal: string, key: string): Promise<JournalContent> {
    const [entries, forgotten] = (await this.connection.pipeline([
      ['LRANGE', `${this.prefix}j:${journal}:${key}`, 0, -1], ['HGET', `${this.prefix}jn:${journal}`, 'forgotten'],
    ])) as [Buffer[], Buffer | null];
    return {
      entries: entries.map((entry) => {
        const [, number, at, value] = /^(\d+) (\d+) (.*)$/s.exec(entry.toString())!;
        return { number: Number(number), at: Number(at), value: value! };
      }),
      forgottenUntil: Number(forgotten ?? 0),
    };
  }
}
