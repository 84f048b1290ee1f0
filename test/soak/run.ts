/** One run: load, faults, quiet, judgement. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from './device';
import { Faults } from './inflict';
import { Ledger, type Violation } from './ledger';
import { Load } from './load';
import { Random } from './random';
import { schedule, type Fault } from './schedule';
import { startWorld, type WorldOptions } from './world';

export interface RunOptions extends WorldOptions {
  readonly seed: number;
  readonly seconds: number;
  /** The load goes on until so many messages were acknowledged, however long that takes. Default: 0. */
  readonly messages?: number;
  /** Messages a second of each publisher. */
  readonly rate: number;
  /** Mean time between faults. */
  readonly everyMs: number;
  readonly progress?: (line: string) => void;
}

export interface JournalLine { readonly at: number; readonly text: string }

export interface Outcome {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly Fault[];
  readonly inflicted: ReadonlyMap<string, number>;
  readonly figures: Ledger['figures'];
  /** What broke a rule within what the chosen durability announces to lose. */
  readonly excused: number;
  /** DISCONNECTs after which no will may have been fired. */
  readonly goodbyes: number;
  /** Subscriptions that came and went, each judged. */
  readonly spans: number;
  readonly drainSeconds: number;
  readonly violations: readonly Violation[];
  readonly journal: readonly JournalLine[];
  readonly gatewayLogs: readonly { readonly name: string; readonly log: string }[];
}

const SETTLE_MS = 60_000;
/** Without a single delivery or acknowledgement for this long, what is missing will not come. */
const STUCK_MS = 40_000;
/** For what should not come any more. */
const AFTERMATH_MS = 3_000;
/** `everysec`: what may be gone after a kill. */
const EVERYSEC_MS = 2_500;
/** What was stored before the kill, and whose answer came to the client after it: links delay, and this process is busy. */
const ON_ITS_WAY_MS = 1_500;

export async function run(options: RunOptions): Promise<Outcome> {
  const { progress = () => undefined } = options;
  const random = new Random(options.seed);
  const world = await startWorld(options);
  const planned = schedule({
    random: random.fork(), durationMs: options.seconds * 1_000, everyMs: options.everyMs,
    gateways: world.gateways.length, store: world.redis !== null, workers: world.workers > 1, powerLoss: world.powerCut !== null,
  });
  const start = Date.now();
  const now = (): number => Date.now() - start;
  const journal: JournalLine[] = [];
  const storeKills: number[] = [];
  const ledger = new Ledger(now, (at) => options.durability === 'everysec' && storeKills.some((kill) => at <= kill + ON_ITS_WAY_MS && at > kill - EVERYSEC_MS));
  const load = new Load({
    ledger, random: random.fork(), ports: world.clientLinks.map(({ port }) => port), rate: options.rate, journal: (text) => journal.push({ at: now(), text }),
  });
  const reporting = setInterval(() => progress(`${Math.round(now() / 1_000)} s: ${JSON.stringify(ledger.figures)}, ${ledger.violations.length} violations`), 10_000);
  try {
    await load.settle(SETTLE_MS);
    const faults = planned.map((fault) => ({ ...fault, at: fault.at + now() }));
    const attack = new Faults(world, load.devices, ledger, now, storeKills);
    load.start();
    await Promise.all([attack.run(faults), sleep(options.seconds * 1_000)]);
    while (ledger.figures.acknowledged < (options.messages ?? 0)) await sleep(100);
    progress(`quiet after ${Math.round(now() / 1_000)} s`);
    const quiet = now();
    await Promise.all(world.gateways.map((gateway) => gateway.untilReady()));
    await load.quiesce();
    await drain(load, ledger);
    const drainSeconds = (now() - quiet) / 1_000;
    await load.collectRetained();
    await sleep(AFTERMATH_MS);
    judgeConnections(load, ledger);
    ledger.close();
    load.retained.close();
    for (const spans of load.spans) spans.close();
    const goodbyes = load.wills.reduce((sum, will) => sum + will.close((...when) => attack.disturbed(...when)), 0);
    const spans = load.spans.reduce((sum, { count }) => sum + count, 0);
    return {
      seed: options.seed, seconds: now() / 1_000, faults, inflicted: attack.counts, figures: ledger.figures, excused: ledger.excused, goodbyes, spans, drainSeconds,
      violations: ledger.violations, journal, gatewayLogs: world.gateways.map(({ name, log }) => ({ name, log })),
    };
  } finally {
    clearInterval(reporting);
    await load.stop();
    await world.close();
  }
}

/** Until all is there and everybody is back, or nothing moves any more. */
async function drain(load: Load, ledger: Ledger): Promise<void> {
  let [moved, before] = [Date.now(), ''];
  while (load.unacknowledged > 0 || ledger.owed.length > 0 || load.devices.some(isStuck) || load.spans.some(({ complete }) => !complete) || load.wills.some(({ contradicted }) => contradicted)) {
    const figures = JSON.stringify(ledger.figures);
    if (figures !== before) [moved, before] = [Date.now(), figures];
    if (Date.now() - moved > STUCK_MS) return;
    await sleep(200);
  }
}

const isStuck = (device: Device): boolean => !device.online || device.inFlight > 0 || device.abandoned.size > 0;

/** C1: who was taken over does not stay connected; and everybody has got in again. */
function judgeConnections(load: Load, ledger: Ledger): void {
  for (const device of load.devices) {
    if (!device.online) ledger.violation('stuck', device.clientId, 'is not connected although nothing is broken any more');
    if (device.inFlight > 0) ledger.violation('stuck', device.clientId, `waits for ${device.inFlight} acknowledgements although nothing is broken any more`);
    if (device.abandoned.size > 0) ledger.violation('stuck', device.clientId, `${device.abandoned.size} of its connections were taken over and are still open`);
  }
}
