/** `npm run bench`: our gateway beside its peers, one report. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundles } from './bundles';
import { untilQuiet } from './busy';
import { isJudged, judge } from './goals';
import { loadAverage, machine } from './machine';
import { choose, readOptions, USAGE, type Options } from './options';
import { render, type Report, type TargetSummary } from './report';
import { rowsOf, type ScenarioResult } from './results';
import { cleanUp, OutOfTime, runOnce } from './run-once';
import { SIZES } from './sizes';
import { SCENARIOS } from './scenarios/index';
import { allTargets } from './targets/index';
import { baseName } from './targets/ours';
import type { Figure, Scenario, Target } from './types';

const ROOT = path.resolve(import.meta.dirname, '..');
const REPORTS = path.join(ROOT, 'node_modules/.cache/cdktf-mqtt-gateway/bench/reports');
/** What measures the machine and the generator has its own scenarios, or is asked for by name. */
const BROKERS_ONLY = ['redis', 'redis-always'];
/** In memory only, or no broker at all: there to compare with where a goal says so. */
const BESIDE = ['aedes-memory', 'sink'];
const BESIDE_SCENARIOS: { readonly [name: string]: readonly string[] } = {
  'aedes-memory': ['latency', 'idle-memory'],
  sink: ['qos1', 'qos0', 'fan-in', 'fan-out', 'connect'],
};

const progress = (text: string): void => void process.stderr.write(`${text}\n`);

function fits(scenario: Scenario, target: Target, options: Options): boolean {
  const name = baseName(target.name);
  if (scenario.only !== undefined) return scenario.only.includes(name);
  if (BROKERS_ONLY.includes(name)) return false;
  if (BESIDE.includes(name) && options.targets === null) return BESIDE_SCENARIOS[name]!.includes(scenario.name);
  return true;
}

async function present(targets: readonly Target[]): Promise<{ here: TargetSummary[]; absent: string[] }> {
  const here: TargetSummary[] = [];
  const absent: string[] = [];
  for (const { name, title, durability, version } of targets) {
    const found = await version();
    if (found === null) absent.push(name);
    else here.push({ name, title, durability, version: found });
  }
  return { here, absent };
}

function runsOf(scenario: Scenario, target: Target, options: Options): number {
  const { sideRuns = options.runs } = SIZES[options.size];
  return scenario.varies !== false && isJudged(scenario.name, baseName(target.name)) ? options.runs : Math.min(options.runs, sideRuns);
}

/**
 * Targets take turns within each run, so that whatever else the machine does meets them all. A target that fails costs its
 * own row only. `onProgress` gets what there is after each measurement.
 */
async function measureScenario(scenario: Scenario, targets: readonly Target[], options: Options, onProgress: (result: ScenarioResult) => void): Promise<void> {
  const measured = new Map(targets.map(({ name }) => [name, { figures: [] as Figure[][], failures: [] as string[] }]));
  const leftOut = new Set<string>();
  for (let run = 1; run <= options.runs; run++) {
    for (const target of targets) {
      const { figures, failures } = measured.get(target.name)!;
      if (leftOut.has(target.name) || run > runsOf(scenario, target, options)) continue;
      const label = `${scenario.name} ${run}/${options.runs} ${target.name}`;
      await untilQuiet(options.patienceSeconds);
      try {
        const result = await runOnce(scenario, target, options, (text) => progress(`${label}: ${text}`));
        figures.push(result);
        if (result.some(({ final }) => final)) leftOut.add(target.name);
        progress(`${label}: ${result.map(({ name, value, unit }) => `${name} ${value === null ? '–' : value.toPrecision(4)} ${unit}`).join(' | ')}`);
      } catch (error) {
        failures.push((error as Error).message);
        // what fails twice will not succeed, and what took all its time would take it again
        if (failures.length >= 2 || error instanceof OutOfTime) leftOut.add(target.name);
        progress(`${label}: failed: ${(error as Error).message}`);
      }
      onProgress({
        scenario: scenario.name, title: scenario.title,
        targets: targets.map(({ name }) => ({ target: name, rows: rowsOf(measured.get(name)!.figures), failures: measured.get(name)!.failures })),
      });
    }
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options.list) execFileSync(process.execPath, [path.join(ROOT, 'scripts/build.mjs')], { stdio: ['ignore', 2, 2] });
  const all = allTargets(bundles(options));
  if (options.list) {
    process.stdout.write(`scenarios\n${SCENARIOS.map(({ name, title }) => `  ${name.padEnd(18)}${title}\n`).join('')}targets\n${all.map(({ name, title }) => `  ${name.padEnd(18)}${title}\n`).join('')}`);
    return;
  }
  const scenarios = choose('scenario', SCENARIOS, options.scenarios);
  const chosen = choose('target', all, options.targets);
  const [start, startedAt, loadBefore] = [performance.now(), new Date().toISOString(), loadAverage()];
  const { here, absent } = await present(chosen);
  const targets = chosen.filter(({ name }) => here.some((each) => each.name === name));
  if (absent.length > 0) progress(`not on this machine: ${absent.join(', ')}`);

  const results = new Map<string, ScenarioResult>();
  const report = (): Report => ({
    startedAt, minutes: (performance.now() - start) / 60_000, size: options.size, runs: options.runs, machine: machine(loadBefore),
    targets: here, absent, results: [...results.values()], ratios: judge([...results.values()]),
  });
  mkdirSync(REPORTS, { recursive: true });
  const file = path.join(REPORTS, startedAt.replaceAll(':', '').slice(0, 17));
  progress(`report, as far as it is: ${file}.txt and .json`);
  for (const scenario of scenarios) {
    const fitting = targets.filter((target) => fits(scenario, target, options));
    await measureScenario(scenario, fitting, options, (result) => {
      results.set(scenario.name, result);
      // after each measurement, so that an interrupted run leaves what it has
      writeFileSync(`${file}.json`, `${JSON.stringify(report(), undefined, 2)}\n`);
      writeFileSync(`${file}.txt`, render(report()));
    });
  }
  process.stdout.write(`${render(report())}\nthe same as a file: ${file}.txt, figures as JSON: ${file}.json\n`);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}
try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 1;
}
