/** What an instance warns of, and when an alarm is raised and cleared (E3, E7, T5, B5). Pure: no store, no clock. */

export const ALARM_NAMES = [
  'tps', 'connections', 'subscriptions', 'expiry', 'certificate', 'stored-messages', 'store-memory', 'store-away', 'gateway-missing',
] as const;
export type AlarmName = (typeof ALARM_NAMES)[number];

/** An alarm that stands. */
export interface Alarm {
  /** One of `ALARM_NAMES`, or of a later version. */
  readonly alarm: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When it was looked at last, in the unit of the alarm. */
  readonly value: number;
  readonly threshold: number;
}

/** As it was written last. */
export interface HeldAlarm extends Alarm {
  /** Milliseconds since 1970: when its value was looked at. */
  readonly valueAt: number;
}

/** How one thing that can be alarming stands now. */
export interface Condition {
  readonly alarm: AlarmName;
  readonly value: number;
  readonly threshold: number;
  readonly unit: string;
  /** Says for people what is the case. */
  readonly message: string;
  /** An alarm that is not raised yet is raised now. */
  readonly stands: boolean;
  /** It is clearly over: between the two an alarm stays as it is. */
  readonly over: boolean;
  /** How long it must be over before the alarm is cleared. */
  readonly holdMs: number;
}

export type AlarmChange =
  | { readonly kind: 'raised'; readonly condition: Condition }
  | { readonly kind: 'cleared'; readonly condition: Condition }
  /** It stands on, with another value. */
  | { readonly kind: 'value'; readonly condition: Condition };

/** A value that moves around its threshold must not ring each time: it has to fall this far below … */
const CLEARED_BELOW = 0.9;
/** … and stay there. So the clients of a gateway that restarts are back before their alarm is cleared. */
export const HOLD_MS = 30_000;
/** A value that moves while the alarm stands is written no more often. */
const REFRESH_MS = 60_000;

type Fields = Pick<Condition, 'alarm' | 'value' | 'threshold' | 'unit' | 'message'>;

/** A measure with a threshold (E3). */
export function measured(fields: Fields): Condition {
  const { value, threshold } = fields;
  return { ...fields, stands: value >= threshold && value > 0, over: value < threshold * CLEARED_BELOW || value === 0, holdMs: HOLD_MS };
}

/** Something that is the case or is not. */
export function fact(fields: Fields, stands: boolean): Condition {
  return { ...fields, stands, over: !stands, holdMs: 0 };
}

/** Remembers since when a condition is over. That is lost with the gateway that judges: an alarm is cleared later then. */
export class AlarmJudge {
  private readonly overSince = new Map<AlarmName, number>();

  /** What changes; of what no condition is given nothing is known, and nothing changes. */
  judge(held: readonly HeldAlarm[], conditions: readonly Condition[], now: number): AlarmChange[] {
    return conditions.flatMap((condition): AlarmChange[] => {
      const { alarm } = condition;
      const current = held.find((each) => each.alarm === alarm);
      if (current === undefined) {
        this.overSince.delete(alarm);
        return condition.stands ? [{ kind: 'raised', condition }] : [];
      }
      if (this.isOver(current, condition, now)) return [{ kind: 'cleared', condition }];
      return isStale(current, condition, now) ? [{ kind: 'value', condition }] : [];
    });
  }

  private isOver(current: HeldAlarm, condition: Condition, now: number): boolean {
    const { alarm, threshold, stands, over, holdMs } = condition;
    // a threshold that was declared anew is judged as it stands
    if (threshold !== current.threshold && !stands) return true;
    if (!over) {
      this.overSince.delete(alarm);
      return false;
    }
    const since = this.overSince.get(alarm) ?? now;
    this.overSince.set(alarm, since);
    return now - since >= holdMs;
  }
}

function isStale(current: HeldAlarm, { value, threshold }: Condition, now: number): boolean {
  return (value !== current.value || threshold !== current.threshold) && now - current.valueAt >= REFRESH_MS;
}
