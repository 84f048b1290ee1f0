import type { Notice } from '../contract';
import type { Clock } from './clock';
import { KIND, behind, kindKey, orderedBytes } from './keys';
import type { Table } from './table';

/** Tails read notices within milliseconds; one that is later catches up by polling, as the contract says. */
const KEPT_NOTICES = 1000;

/** Inside a step. */
export function putNotice(state: Table, clock: Clock, notice: Notice): void {
  clock.noticeNumber++;
  state.putJson(kindKey(KIND.notice, orderedBytes(clock.noticeNumber)), notice);
  if (clock.noticeNumber > KEPT_NOTICES) state.remove(kindKey(KIND.notice, orderedBytes(clock.noticeNumber - KEPT_NOTICES)));
}

export function readNotices(state: Table, after: number): Notice[] {
  const entries = state.entries(kindKey(KIND.notice, orderedBytes(after + 1)), behind(kindKey(KIND.notice)), KEPT_NOTICES);
  return Array.from(entries, ({ value }) => JSON.parse(value.toString()) as Notice);
}
