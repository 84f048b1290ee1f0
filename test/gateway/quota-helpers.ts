/** What the tests of metering and throttling share. */
import { Writable } from 'node:stream';
import type { MqttClient } from 'mqtt';
import type { InstanceManifest } from '../../lib/manifest/manifest';
import { createLogger } from '../../runtime/src/logging';
import { documents, type TestDocuments } from './documents';

let count = 0;
/** A Client ID of its own for each client. */
export const device = (): string => `GID_main@@@quota-${++count}`;

export const TPS = 200;
export const SPEC = { tps: TPS, connections: 1_000, subscriptions: 1_000 };
export const prepaid = (more: Partial<InstanceManifest> = {}): TestDocuments => documents({ billing: 'prepaid', spec: SPEC, ...more });
export const postpaid = (more: Partial<InstanceManifest> = {}): TestDocuments => documents({ billing: 'postpaid', spec: SPEC, ...more });
/** Clean session, QoS 1 (E4). */
export const WEIGHT = 2;

type Event = { readonly msg: string; readonly [name: string]: unknown };

/** A logger whose lines can be looked at: every event is one. */
export function listeningLogger(): { logger: ReturnType<typeof createLogger>; events: Event[]; named(name: string): Event[] } {
  const events: Event[] = [];
  const stream = new Writable({ write(line, _encoding, done) { events.push(JSON.parse(String(line)) as Event); done(); } });
  return { logger: createLogger({ level: 'info', format: 'json', stream }), events, named: (name) => events.filter(({ msg }) => msg === name) };
}

/** Publishes QoS 1 with 50 unanswered until it is stopped; tells what was acknowledged, in order. */
export function flood(client: MqttClient, topic: string): { readonly acknowledged: number[]; stop(): Promise<void> } {
  const acknowledged: number[] = [];
  let next = 0;
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const mine = next++;
      await client.publishAsync(topic, String(mine), { qos: 1 });
      acknowledged.push(mine);
    }
  };
  const lanes = Promise.all(Array.from({ length: 50 }, lane));
  return { acknowledged, async stop() { stopped = true; await lanes; } };
}
