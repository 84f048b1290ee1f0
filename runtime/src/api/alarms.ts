/** Alarms of the instance: those that stand, and those that are over. The same on every gateway: they are records of the store. */
import { Type, type Static } from '@sinclair/typebox';
import { JournalKeeper, standing, type AlarmEntry } from '../notify/journal';
import { ALARM_NAMES } from '../quota/alarms';
import { operation } from './operation';
import { pageOf } from './page';
import { filled, milliseconds, nullable, page, text } from './schemas';

const alarm = Type.Object({
  id: filled,
  alarm: Type.String({ minLength: 1, description: `what is alarming: ${ALARM_NAMES.join(', ')}; while an instance is rolled back also what a later version raised` }),
  state: Type.Union([Type.Literal('raised'), Type.Literal('cleared')]),
  since: milliseconds,
  until: Type.Optional(milliseconds),
  value: Type.Number({ description: 'when it was looked at last' }),
  threshold: Type.Number({ description: 'what raises it' }),
  unit: text,
  message: Type.String({ description: 'for people' }),
}, { $id: 'Alarm' });

export type ListedAlarm = Static<typeof alarm>;

export const alarmOperations = [
  operation({
    id: 'listAlarms', method: 'GET', path: '/alarms', tag: 'alarms', summary: 'Alarms that stand, then those that are over, each newest first; of the latter 200 are kept',
    query: page, status: 200, response: Type.Object({ alarms: Type.Array(alarm), next: nullable(filled) }), problems: [],
    async handle({ query, serving: { store } }) {
      const journal = await new JournalKeeper(store).read();
      const cleared = journal.alarms.filter(({ state }) => state === 'cleared');
      const { items, next } = pageOf([...standing(journal).reverse(), ...cleared.reverse()], query);
      return { alarms: items.map(shown), next };
    },
  }),
];

function shown({ id, alarm: name, state, since, until, value, threshold, unit, message }: AlarmEntry): ListedAlarm {
  return { id, alarm: name, state, since, ...(until !== null && { until }), value, threshold, unit, message };
}
