import type { Alarm } from '../api/observed-types';
import type { RaisedAlarm } from '../api/types';
import { useFormat, useTexts } from '../app/context';
import { Icon } from './icon';
import { Ago } from './layout';

/** What is raised now: by the list of alarms, or on a gateway without one by the instance itself. */
export function raisedOf(listed: readonly Alarm[] | undefined, raised: readonly RaisedAlarm[]): Alarm[] {
  if (listed) return listed.filter(({ state }) => state === 'raised');
  return raised.map((each) => ({ ...each, state: 'raised', unit: '', message: '' }));
}

export function AlarmList({ alarms }: { alarms: readonly Alarm[] }) {
  const t = useTexts();
  const { number } = useFormat();
  const figure = (value: number, unit: string): string => (unit === '' ? number(value) : `${number(value)} ${unit}`);
  return (
    <ul class="alarms">
      {alarms.map(({ alarm, state, since, until, value, threshold, unit, message }) => (
        <li key={`${alarm} ${since}`} class={`alarm alarm-${state}`}>
          <Icon name={state === 'raised' ? 'alert' : 'check'} />
          <div>
            <p><b>{t.instance.alarmNames[alarm] ?? alarm}</b> <span class="muted">{state === 'raised' ? t.instance.raised : t.instance.cleared}</span></p>
            {message && (t.errors.alarms[alarm] === undefined ? <p>{message}</p> : (
              <><p>{t.errors.alarms[alarm]}</p><details class="small"><summary>{t.errors.original}</summary><p lang="en">{message}</p></details></>
            ))}
            <p class="muted small">{t.instance.thresholdIs(figure(value, unit), figure(threshold, unit))} · {t.instance.since} <Ago at={since} />{until !== undefined && <> · {t.instance.until} <Ago at={until} /></>}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}
