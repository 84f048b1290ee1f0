import { parseArgs } from 'node:util';
import type { SizeName } from './sizes';

export interface Options {
  readonly scenarios: readonly string[] | null;
  readonly targets: readonly string[] | null;
  readonly runs: number;
  readonly size: SizeName;
  /** How long to wait for a quiet machine before each measurement. */
  readonly patienceSeconds: number;
  /** Publishers × messages in flight for the scenarios qos1 and qos1-offline. */
  readonly loads: readonly string[] | null;
  /** Other bundles of the gateway, measured beside this checkout's. */
  readonly beside: readonly string[];
  /** Our gateway once more, with everything switched off that measures it. */
  readonly unmeasured: boolean;
  /** Folder for CPU profiles of our gateway. */
  readonly profile: string | null;
  readonly list: boolean;
}

export const USAGE = `Usage: npm run bench -- [options]

  --scenario a,b   only these (default: all)
  --target a,b     only these (default: all that are on this machine)
  --runs n         runs of each; the report has the medians (default: 3)
  --medium         every count as in full, measured shorter, and once where no goal is about it: about half an hour
  --quick          shorter and smaller: for a first look, not for a comparison
  --patience s     wait so long for a quiet machine before each measurement (default: 0)
  --load 10x1,…    publishers x messages in flight, for qos1 and qos1-offline
  --beside a,b     measure other bundles of the gateway as well, under the same names with "+", "++" behind
  --unmeasured     measure our gateway once more with metrics, reports and traces switched off, with "-unmeasured" behind its names
  --profile dir    write a CPU profile of each gateway process there (one run is enough)
  --list           print scenarios and targets
`;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string' }, target: { type: 'string' }, runs: { type: 'string', default: '3' }, quick: { type: 'boolean', default: false }, medium: { type: 'boolean', default: false }, load: { type: 'string' }, patience: { type: 'string', default: '0' },
      beside: { type: 'string' }, unmeasured: { type: 'boolean', default: false }, profile: { type: 'string' }, list: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1 || runs > 20) throw new Error(`--runs: got ${values.runs}, allowed 1 to 20`);
  if (values.quick && values.medium) throw new Error('got --quick and --medium, allowed is one of them');
  const loads = values.load?.split(',') ?? null;
  const wrong = loads?.find((load) => !/^[1-9]\d{0,3}x[1-9]\d{0,3}$/.test(load));
  if (wrong !== undefined) throw new Error(`--load: got ${wrong}, allowed <publishers>x<messages in flight>, such as 10x1`);
  return {
    scenarios: values.scenario?.split(',') ?? null, targets: values.target?.split(',') ?? null, runs, size: values.quick ? 'quick' : values.medium ? 'medium' : 'full', patienceSeconds: Number(values.patience), loads,
    beside: values.beside?.split(',') ?? [], unmeasured: values.unmeasured, profile: values.profile ?? null, list: values.list,
  };
}

/** Those that were asked for by name, or all; a name that is not there is an error. */
export function choose<T extends { readonly name: string }>(what: string, all: readonly T[], names: readonly string[] | null): readonly T[] {
  if (names === null) return all;
  const unknown = names.find((name) => !all.some((each) => each.name === name));
  if (unknown !== undefined) throw new Error(`--${what}: got ${unknown}, allowed ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }) => names.includes(name));
}
