/** What we want to reach, as ratios within one report. */
import type { ScenarioResult } from './results';
import { UNMEASURED } from './targets/ours';

export interface Ratio {
  readonly goal: string;
  /** Null: a side of it was not measured. */
  readonly value: number | null;
  readonly met: boolean | null;
  readonly detail: string;
}

type Find = (scenario: string, target: string, figure: string | RegExp) => number | null;

interface Goal {
  readonly goal: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Told only where both sides were measured. */
  readonly onDemand?: boolean;
  /** Both sides, or one value and 1. */
  readonly sides: (find: Find) => readonly [number | null, number | null];
}

/** One goal, judged for each load that the scenario has. */
const LOADS = ['10 publishers, 1 in flight', '10 publishers, 20 in flight', '200 publishers, 1 in flight', '200 publishers, 20 in flight'];

function publishing(ours: string, peer: string, atLeast: number, loads: readonly string[] = LOADS): Goal[] {
  return loads.map((load) => ({
    goal: `QoS 1, offline subscriber, ${load}: ${ours} : ${peer}`, atLeast,
    sides: (find) => [find('qos1-offline', ours, load), find('qos1-offline', peer, load)],
  }));
}

function delivering(scenario: string, ours: string): Goal {
  return { goal: `${scenario}: ${ours} : mosquitto`, atLeast: 1, sides: (find) => [find(scenario, ours, 'delivered'), find(scenario, 'mosquitto', 'delivered')] };
}

const ENGINES = ['ours-redis', 'ours-redis-always', 'ours-embedded'];
const PEERS = ['mosquitto', 'nats', 'rabbitmq', 'aedes-redis'];

const GOALS: readonly Goal[] = [
  ...publishing('ours-redis', 'nats', 1.2),
  ...publishing('ours-redis', 'aedes-redis', 2),
  ...publishing('ours-redis', 'mosquitto', 0.8),
  ...publishing('ours-embedded', 'mosquitto', 1),
  ...publishing('ours-redis-always', 'mosquitto', 0.6, LOADS.slice(2)),
  ...ENGINES.flatMap((ours) => [delivering('fan-in', ours), delivering('fan-out', ours)]),
  ...ENGINES.map((ours): Goal => ({
    goal: `p99 at half load: ${ours} : aedes-memory`, atMost: 2,
    sides: (find) => [find('latency', ours, 'p99 at half of that'), find('latency', 'aedes-memory', 'p99 at half of that')],
  })),
  ...ENGINES.map((ours): Goal => ({
    goal: `rate beside offline sessions : without: ${ours}`, atLeast: 0.9,
    sides: (find) => [find('beside-offline', ours, / sessions : no session$/), 1],
  })),
  ...ENGINES.map((ours): Goal => ({
    goal: `sparse drain, ms: ${ours}`, atMost: 100,
    sides: (find) => [find('sparse-drain', ours, /^10 of \d{4,}$/), 1],
  })),
  ...ENGINES.map((ours): Goal => ({
    goal: `drain of 10,000: ${ours} : fastest complete peer`, atMost: 1,
    sides: (find) => {
      const times = PEERS.flatMap((peer) => {
        const time = find('drain', peer, 'drain');
        return time !== null && find('drain', peer, 'drain: arrived') === 10_000 ? [time] : [];
      });
      return [find('drain', ours, 'drain: arrived') === 10_000 ? find('drain', ours, 'drain') : null, times.length === 0 ? null : Math.min(...times)];
    },
  })),
  ...ENGINES.flatMap((ours) => [...publishing(ours, ours + UNMEASURED, 0.95).map((goal) => ({ ...goal, onDemand: true })), ...['fan-in', 'fan-out'].map((scenario): Goal => ({
    goal: `${scenario}: ${ours} : without metrics, reports and traces`, atLeast: 0.95, onDemand: true,
    sides: (find) => [find(scenario, ours, 'delivered'), find(scenario, ours + UNMEASURED, 'delivered')],
  }))]),
  ...ENGINES.map((ours): Goal => ({
    goal: `KiB per idle connection: ${ours}`, atMost: 16,
    sides: (find) => [find('idle-memory', ours, /^at /), 1],
  })),
];

/** Whether a goal compares this target in this scenario. */
export function isJudged(scenario: string, target: string): boolean {
  let asked = false;
  const find: Find = (inScenario, ofTarget) => {
    asked ||= inScenario === scenario && ofTarget === target;
    return GOAL_ASKS_ON;
  };
  for (const { sides } of GOALS) sides(find);
  return asked;
}

/** A value with which every goal looks at all that it compares. */
const GOAL_ASKS_ON = 10_000;

export function judge(results: readonly ScenarioResult[]): Ratio[] {
  const find: Find = (scenario, target, figure) => results
    .find((result) => result.scenario === scenario)?.targets
    .find((each) => each.target === target)?.rows
    .find(({ name }) => (typeof figure === 'string' ? name === figure : figure.test(name)))?.value ?? null;
  return GOALS.flatMap(({ goal, atLeast, atMost, onDemand = false, sides }) => {
    const [ours, other] = sides(find);
    if (onDemand && (ours === null || other === null)) return [];
    if (ours === null && other === null || ours === null && other === 1) return [];
    const value = ours === null || other === null ? null : ours / other;
    const met = value === null ? null : atLeast !== undefined ? value >= atLeast : value <= atMost!;
    return [{ goal, value, met, detail: atLeast !== undefined ? `at least ${atLeast}` : `at most ${atMost}` }];
  });
}
