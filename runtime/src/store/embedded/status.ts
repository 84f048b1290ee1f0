import type { StatusEvent } from '../contract';
import { KIND, behind, kindKey, orderedBytes, textKey } from './keys';
import { keyText } from './bytes';
import type { Table } from './table';

/** Events kept of each group. */
const KEPT_EVENTS = 10_000;

/** What happened to the clients of a group (S3): a ring for each group. */
export class StatusEvents {
  constructor(private readonly state: Table) {}

  /** Inside a step. */
  record(events: readonly StatusEvent[]): void {
    const last = new Map<string, number>();
    for (const event of events) {
      const number = (last.get(event.group) ?? this.lastNumber(event.group)) + 1;
      last.set(event.group, number);
      this.state.putJson(eventKey(event.group, number), event);
      if (number > KEPT_EVENTS) this.state.remove(eventKey(event.group, number - KEPT_EVENTS));
    }
    for (const [group, number] of last) this.state.put(textKey(KIND.statusNumber, group), orderedBytes(number));
  }

  /** The newest ones, oldest first. */
  read(group: string, limit: number): StatusEvent[] {
    const after = Math.max(0, this.lastNumber(group) - limit);
    const entries = this.state.entries(eventKey(group, after + 1), behind(textKey(KIND.status, group)), limit);
    return Array.from(entries, ({ value }) => JSON.parse(value.toString()) as StatusEvent);
  }

  private lastNumber(group: string): number {
    const record = this.state.get(textKey(KIND.statusNumber, group));
    return record === undefined ? 0 : record.readUInt32BE(0) * 2 ** 32 + record.readUInt32BE(4);
  }
}

function eventKey(group: string, number: number): Buffer {
  return kindKey(KIND.status, keyText(group), orderedBytes(number));
}
