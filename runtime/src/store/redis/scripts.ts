/** The Lua files as scripts. Each file's header says keys, arguments, result and errors. */
import append from './lua/append.lua?raw';
import claimShared from './lua/claim-shared.lua?raw';
import closeSession from './lua/close-session.lua?raw';
import deadSessions from './lua/dead-sessions.lua?raw';
import deleteLog from './lua/delete-log.lua?raw';
import deleteSession from './lua/delete-session.lua?raw';
import endDeadSession from './lua/end-dead-session.lua?raw';
import deleteRecord from './lua/delete-record.lua?raw';
import expireRecords from './lua/expire-records.lua?raw';
import expireSessions from './lua/expire-sessions.lua?raw';
import heartbeat from './lua/heartbeat.lua?raw';
import inboxEnds from './lua/inbox-ends.lua?raw';
import lease from './lua/lease.lua?raw';
import lib from './lua/lib.lua?raw';
import noteJournal from './lua/note-journal.lua?raw';
import openSession from './lua/open-session.lua?raw';
import pageRecords from './lua/page-records.lua?raw';
import pageSessions from './lua/page-sessions.lua?raw';
import putRecord from './lua/put-record.lua?raw';
import owedWills from './lua/owed-wills.lua?raw';
import readMissed from './lua/read-missed.lua?raw';
import readRecords from './lua/read-records.lua?raw';
import readWildcards from './lua/read-wildcards.lua?raw';
import records from './lua/records.lua?raw';
import refuseInbox from './lua/refuse-inbox.lua?raw';
import releaseQos2 from './lua/release-qos2.lua?raw';
import readRetained from './lua/read-retained.lua?raw';
import removeGateway from './lua/remove-gateway.lua?raw';
import reserve from './lua/reserve.lua?raw';
import retainedTopics from './lua/retained-topics.lua?raw';
import saveProgress from './lua/save-progress.lua?raw';
import settleShared from './lua/settle-shared.lua?raw';
import side from './lua/side.lua?raw';
import subscribe from './lua/subscribe.lua?raw';
import takeRate from './lua/take-rate.lua?raw';
import tailLease from './lua/tail-lease.lua?raw';
import trimSide from './lua/trim-side.lua?raw';
import trim from './lua/trim.lua?raw';
import unsubscribe from './lua/unsubscribe.lua?raw';
import writeDocuments from './lua/write-documents.lua?raw';
import { Script } from './script';

const ALLOW_OOM = true;

export const scripts = {
  append: new Script([append]), // the hot one: carries nothing that it does not need
  openSession: new Script([lib, openSession]),
  subscribe: new Script([lib, subscribe]),
  unsubscribe: new Script([lib, unsubscribe], ALLOW_OOM),
  saveProgress: new Script([lib, saveProgress], ALLOW_OOM),
  closeSession: new Script([lib, closeSession], ALLOW_OOM),
  deleteSession: new Script([lib, deleteSession], ALLOW_OOM),
  pageSessions: new Script([lib, pageSessions]),
  deadSessions: new Script([lib, deadSessions], ALLOW_OOM),
  endDeadSession: new Script([lib, endDeadSession], ALLOW_OOM),
  owedWills: new Script([lib, owedWills]),
  expireSessions: new Script([lib, expireSessions], ALLOW_OOM),
  readMissed: new Script([lib, readMissed]),
  readWildcards: new Script([lib, readWildcards]),
  retainedTopics: new Script([lib, retainedTopics]),
  readRetained: new Script([lib, readRetained]),
  releaseQos2: new Script([lib, releaseQos2], ALLOW_OOM),
  claimShared: new Script([lib, claimShared], ALLOW_OOM),
  settleShared: new Script([lib, settleShared], ALLOW_OOM),
  refuseInbox: new Script([lib, refuseInbox], ALLOW_OOM),
  inboxEnds: new Script([lib, inboxEnds]),
  tailLease: new Script([lib, tailLease], ALLOW_OOM),
  trimSide: new Script([lib, side, records, trimSide], ALLOW_OOM),
  trim: new Script([lib, trim], ALLOW_OOM),
  deleteLog: new Script([lib, deleteLog], ALLOW_OOM),
  writeDocuments: new Script([lib, writeDocuments], ALLOW_OOM), // takes away topics and groups, and raises bounds
  putRecord: new Script([lib, side, records, putRecord]),
  putVitalRecord: new Script([lib, side, records, reserve, putRecord], ALLOW_OOM),
  deleteRecord: new Script([lib, records, deleteRecord], ALLOW_OOM),
  readRecords: new Script([lib, records, readRecords]),
  pageRecords: new Script([lib, records, pageRecords]),
  expireRecords: new Script([lib, records, expireRecords], ALLOW_OOM),
  takeRate: new Script([lib, takeRate], ALLOW_OOM),
  noteJournal: new Script([lib, side, noteJournal]),
  lease: new Script([lib, lease], ALLOW_OOM),
  heartbeat: new Script([lib, heartbeat], ALLOW_OOM),
  removeGateway: new Script([lib, removeGateway], ALLOW_OOM),
} as const;
