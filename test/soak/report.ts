/** What a run has to say: figures always, and for each violation what happened around it. */
import type { Outcome } from './run';
import { describeFault } from './schedule';

const SHOWN = 12;
/** A lost message is often lost by a fault that came before it, or after it was acknowledged. */
const BEFORE_MS = 8_000;
const AFTER_MS = 4_000;

export function report(outcome: Outcome): string {
  const { seed, seconds, figures, inflicted, violations, excused, goodbyes, spans, drainSeconds } = outcome;
  const count = [...inflicted.values()].reduce((sum, n) => sum + n, 0);
  const lines = [
    `seed ${seed}: ${(seconds / 60).toFixed(1)} minutes, ${count} faults, ${figures.sent} messages sent, ${figures.acknowledged} acknowledged, `
      + `${figures.delivered} delivered, ${figures.duplicates} of them again (QoS 1), drained in ${drainSeconds.toFixed(1)} s, `
      + `${excused > 0 ? `${excused} lost as the durability announces, ` : ''}${violations.length} violations`,
    `  wills ${figures.wills}, withheld after DISCONNECT ${goodbyes}; subscriptions that came and went ${spans}; retained ${figures.retained}; QoS 0 sent ${figures.sentOnce}, delivered ${figures.deliveredOnce}`,
    `  ${[...inflicted].sort().map(([name, n]) => `${name} ${n}`).join(', ')}`,
  ];
  for (const violation of violations.slice(0, SHOWN)) {
    lines.push('', `VIOLATION ${violation.kind} at ${(violation.at / 1_000).toFixed(3)} s: ${violation.who} ${violation.text}`);
    const near = (at: number): boolean => at > violation.at - BEFORE_MS && at < violation.at + AFTER_MS;
    const around = [
      ...outcome.faults.filter(({ at, forMs }) => near(at) || near(at + forMs)).map((fault) => ({ at: fault.at, text: describeFault(fault) })),
      ...outcome.journal.filter(({ at, text }) => near(at) && mentions(text, violation)).map(({ at, text }) => ({ at, text: `${(at / 1_000).toFixed(3).padStart(9)} s    ${text}` })),
    ];
    lines.push(...around.sort((a, b) => a.at - b.at).map(({ text }) => text));
  }
  if (violations.length > SHOWN) lines.push('', `and ${violations.length - SHOWN} more violations`);
  return lines.join('\n');
}

function mentions(text: string, { who, text: said }: { who: string; text: string }): boolean {
  const client = text.split(' ', 1)[0]!;
  return client === who || said.includes(client);
}
