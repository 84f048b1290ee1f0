import { KIND, kindKey } from './keys';
import type { Table } from './table';

const KEY = kindKey(KIND.clock);
const FIELDS = 14;

/** The storage's counters: one small record, read and written once a step. */
export class Clock {
  /** Highest message id given out. */
  lastId = 0;
  messages = 0;
  payloadBytes = 0;
  /** Grows with every wildcard that comes or goes, so that each process knows when its trie is old. */
  wildcardEpoch = 0;
  /** The same for the filters of shares. */
  shareEpoch = 0;
  /** Grows when the name of a log gets or loses its number. */
  logEpoch = 0;
  sessionEpoch = 0;
  noticeNumber = 0;
  nextIndex = 1;
  nextLog = 1;
  /** Indexes of filters without a wildcard; none: nothing to look up per message. */
  exactFilters = 0;
  /** No message below it is left. */
  oldestId = 0;
  /** Sessions that gateways hold: those that have a connection. */
  connections = 0;
  /** Subscriptions of all sessions, with or without a connection. */
  subscriptions = 0;

  private constructor(private readonly table: Table) {}

  static read(table: Table): Clock {
    const clock = new Clock(table);
    const record = table.get(KEY);
    if (record !== undefined) {
      let at = 0;
      const next = () => record.readDoubleBE(8 * at++);
      clock.lastId = next();
      clock.messages = next();
      clock.payloadBytes = next();
      clock.wildcardEpoch = next();
      clock.logEpoch = next();
      clock.sessionEpoch = next();
      clock.noticeNumber = next();
      clock.nextIndex = next();
      clock.nextLog = next();
      clock.exactFilters = next();
      clock.oldestId = next();
      clock.shareEpoch = next();
      if (record.length < 8 * FIELDS) return clock; // written before these were counted
      clock.connections = next();
      clock.subscriptions = next();
    }
    return clock;
  }

  save(): void {
    const record = Buffer.allocUnsafe(8 * FIELDS);
    const values = [
      this.lastId, this.messages, this.payloadBytes, this.wildcardEpoch, this.logEpoch, this.sessionEpoch, this.noticeNumber,
      this.nextIndex, this.nextLog, this.exactFilters, this.oldestId, this.shareEpoch, this.connections, this.subscriptions,
    ];
    for (let i = 0; i < FIELDS; i++) record.writeDoubleBE(values[i]!, 8 * i);
    this.table.put(KEY, record);
  }
}
