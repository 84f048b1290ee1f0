/** A connection over a transport that the test plays, before CONNECT and behind it. */
import { expect, vi } from 'vitest';
import { connect } from '../../../test/gateway/packets';
import type { Refusal } from '../errors';
import { LIMITS, type NetLimits } from '../limits';
import { Connection } from './connection';
import { FakeTransport } from './fake-transport';
import type { InputBudget } from './input-budget';

export function open(limits: Partial<NetLimits> = {}, budget?: InputBudget) {
  const transport = new FakeTransport();
  const closedOrAdmitted = vi.fn();
  const connection = new Connection(transport, {
    listener: 'tcp', peer: { address: '192.0.2.1', port: 4711 }, limits: { ...LIMITS, ...limits }, onAdmittedOrClosed: closedOrAdmitted,
    ...(budget === undefined ? {} : { budget }),
  });
  const refusals: Refusal[] = [];
  connection.on('refused', (refused: Refusal) => refusals.push(refused));
  const receive = (...parts: Buffer[]) => transport.sink.received(Buffer.concat(parts));
  return { transport, connection, refusals, receive, closedOrAdmitted };
}

/** Behind CONNECT, with the engine reading. */
export function admitted(limits: Partial<NetLimits> = {}, level: 3 | 4 = 4, budget?: InputBudget) {
  const opened = open(limits, budget);
  opened.receive(connect({ level }));
  expect(opened.connection.read()).toEqual(connect({ level }));
  expect(opened.connection.read()).toBeNull();
  opened.connection.setPayloadLimit(65_536);
  opened.connection.release();
  return opened;
}

export const turn = () => new Promise((resolve) => setImmediate(resolve));
