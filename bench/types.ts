/** What targets, scenarios and the report share. */
import type { Login } from './load/packets';
import type { Size } from './sizes';

/** A process of a running target. The figures name its share of a core by its role. */
export interface TargetProcess {
  readonly role: 'broker' | 'store';
  readonly pid: number;
}

/** How clients show who they are; null: no credentials. */
export interface Key {
  readonly keyId: string;
  readonly secret: string;
  readonly instanceId: string;
}

export interface Running {
  readonly port: number;
  readonly processes: readonly TargetProcess[];
  readonly key: Key | null;
  /** Ends every process that was started. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** For data, settings and logs; removed afterwards. */
  readonly folder: string;
  /** Declared topics and signed passwords instead of open admission (our gateway only). */
  readonly strict: boolean;
}

export interface Target {
  readonly name: string;
  readonly title: string;
  /** What stands behind its PUBACK. */
  readonly durability: string;
  /** Null: it is not on this machine. */
  version(): Promise<string | null>;
  start(options: StartOptions): Promise<Running>;
}

/** Share of one core over the measured time. */
export interface Cpu {
  readonly generator: number;
  readonly broker: number;
  readonly store: number;
  /** Everything else on this machine, the kernel's work for our sockets included. */
  readonly others: number;
}

export interface Figure {
  /** What was measured, such as `10 publishers, 1 in flight`. */
  readonly name: string;
  /** Null: it could not be measured; `note` says why. */
  readonly value: number | null;
  readonly unit: 'msg/s' | 'conn/s' | 'ms' | 'KiB' | 'messages' | 'times';
  readonly better: 'higher' | 'lower';
  readonly note?: string;
  /** True: another run would say the same, at the same cost. */
  readonly final?: true;
  readonly cpu?: Cpu;
}

/** What a scenario gets to work with, in a process of its own. */
export interface Context {
  readonly port: number;
  readonly size: Size;
  readonly payloadBytes: number;
  /** Publishers × messages in flight, where a scenario has several; null: its own. */
  readonly loads: readonly string[] | null;
  readonly processes: readonly TargetProcess[];
  login(clientId: string): Login | null;
  progress(text: string): void;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Ended by force after so long. */
  readonly timeoutSeconds: number;
  /** Names of targets it makes sense for; absent: all brokers. */
  readonly only?: readonly string[];
  readonly strict?: boolean;
  /** False: its figures are nearly the same each time, so a shorter bench takes them once. */
  readonly varies?: false;
  run(context: Context): Promise<Figure[]>;
}
