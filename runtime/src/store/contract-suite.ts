/**
 * The suite that every engine passes: what `contract.ts` promises, told as tests. Each test gets a storage of its own.
 *
 *     describeStoreContract('redis', () => startHarness());
 */
import { describe } from 'vitest';
import { describeAppend } from './suite/append';
import { describeCeilings } from './suite/ceilings';
import { describeChores } from './suite/chores';
import { describeCrash } from './suite/crash';
import { describeDeadSessions } from './suite/dead-sessions';
import { describeDocuments } from './suite/documents';
import { describeJournals } from './suite/journals';
import { describeMissed } from './suite/missed';
import { describeModel } from './suite/model';
import { describeNamedRecords } from './suite/named-records';
import { describeRate } from './suite/rate';
import { describeReadLog } from './suite/read-log';
import { describeRetained } from './suite/retained';
import { describeSessions } from './suite/sessions';
import { describeShareModel } from './suite/share-model';
import { describeShares } from './suite/shares';
import { describeStatus } from './suite/status';
import { describeTail } from './suite/tail';
import { describeWildcardLimit } from './suite/wildcard-limit';
import { describeWills } from './suite/wills';
import { Bench, type Capabilities, type HarnessFactory } from './suite/bench';

export type { HarnessFactory, StoreHarness } from './suite/bench';

/** An engine that does not promise everything names what it does not. */
export function describeStoreContract(name: string, factory: HarnessFactory, capabilities: Capabilities = { durable: true }): void {
  describe(`store contract: ${name}`, () => {
    const bench = new Bench(factory, capabilities);
    bench.install();
    describeDocuments(bench);
    describeNamedRecords(bench);
    describeAppend(bench);
    describeSessions(bench);
    describeWills(bench);
    describeDeadSessions(bench);
    describeMissed(bench);
    describeReadLog(bench);
    describeWildcardLimit(bench);
    describeCeilings(bench);
    describeRetained(bench);
    describeShares(bench);
    describeStatus(bench);
    describeJournals(bench);
    describeRate(bench);
    describeTail(bench);
    describeChores(bench);
    describeModel(bench);
    describeShareModel(bench);
  });
}

/** For engines whose data is held by something that can be killed: the harness has `crash`. */
export function describeCrashContract(name: string, factory: HarnessFactory): void {
  describe(`store contract after a crash: ${name}`, () => {
    const bench = new Bench(factory);
    bench.install();
    describeCrash(bench);
  });
}
