import { Appender } from './appender';
import type { Environment } from './environment';
import { Filters } from './filters';
import { IndexChunks } from './index-chunks';
import { JournalTables } from './journals';
import { Logs } from './logs';
import { MessageReader } from './reader';
import { NamedRecords } from './named-records';
import { Records } from './records';
import { Retained } from './retained';
import { Sessions } from './sessions';
import { ShareQueue } from './share-queue';
import { Shares } from './shares';
import { StatusEvents } from './status';
import { Trimmer } from './trimmer';

/** What a store works with between `open` and `close`. */
export interface Opened {
  readonly environment: Environment;
  readonly logs: Logs;
  readonly filters: Filters;
  readonly shares: Shares;
  readonly queue: ShareQueue;
  readonly status: StatusEvents;
  readonly journals: JournalTables;
  readonly sessions: Sessions;
  readonly records: Records;
  readonly named: NamedRecords;
  readonly retained: Retained;
  readonly reader: MessageReader;
  readonly appender: Appender;
  readonly trimmer: Trimmer;
}

/** The parts of a store on this environment, each with what it needs of the others. */
export function assemble(environment: Environment): Opened {
  const { state } = environment;
  const logs = new Logs(state);
  const filters = new Filters(state);
  const shares = new Shares(state);
  const sessions = new Sessions(state, filters, shares);
  const retained = new Retained(state);
  const records = new Records(state);
  const chunks = new IndexChunks(environment.index);
  const reader = new MessageReader(environment, logs, sessions, chunks);
  return {
    environment, logs, filters, shares, sessions, retained, records, named: new NamedRecords(state), reader, status: new StatusEvents(state), journals: new JournalTables(state),
    queue: new ShareQueue(state, shares, chunks, reader, records), trimmer: new Trimmer(environment, logs, chunks),
    appender: new Appender({ environment, logs, filters, shares, sessions, retained, chunks }),
  };
}
