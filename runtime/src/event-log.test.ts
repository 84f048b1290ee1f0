import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventLog } from './event-log';
import { EVENTS } from './events';

type Line = readonly [level: string, message: string, fields: Record<string, unknown>];

let lines: Line[];
let log: EventLog;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push([level, message, { ...fields }]);
  log = new EventLog({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
});
afterEach(() => vi.useRealTimers());

const refuse = (reason: string, more: object = {}): void => log.write(EVENTS.connectRefused, { reason, ...more });

describe('event log', () => {
  it.each([EVENTS.connectRefused, EVENTS.publishRefused, EVENTS.subscribeRefused, EVENTS.packetRefused, EVENTS.connectionRefused])(
    'warns of %s, so that the default level shows it', (name) => {
      log.write(name, { reason: 'r' });
      expect(lines).toEqual([['warn', name, { reason: 'r' }]]);
    });

  it.each([EVENTS.clientConnected, EVENTS.clientDisconnected, EVENTS.viewChanged])('tells %s as ordinary', (name) => {
    for (let i = 0; i < 20; i++) log.write(name, {});
    expect(lines).toHaveLength(20);
    expect(new Set(lines.map(([level]) => level))).toEqual(new Set(['info']));
  });

  it('writes five lines a second and reason, then how many it left out', () => {
    for (let i = 0; i < 1_000; i++) refuse('signature-wrong');
    refuse('group-unknown');
    expect(lines.map(([, , { reason }]) => reason)).toEqual([...Array<string>(5).fill('signature-wrong'), 'group-unknown']);
    vi.advanceTimersByTime(1_000);
    expect(lines.slice(6)).toEqual([['warn', 'suppressed 995 more', { event: EVENTS.connectRefused, reason: 'signature-wrong' }]]);
    refuse('signature-wrong');
    expect(lines.at(-1)).toEqual(['warn', EVENTS.connectRefused, { reason: 'signature-wrong' }]);
    vi.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(8);
  });

  it('stays bounded when every reason is another one', () => {
    for (let i = 0; i < 10_000; i++) refuse(`reason ${i}`);
    expect(lines.length).toBeLessThanOrEqual(105);
  });

  it('cuts what a client may make long', () => {
    refuse('client-id-too-long', { clientId: 'x'.repeat(60_000) });
    expect(String(lines[0]![2]['clientId'])).toHaveLength(257);
  });
});
