import { describe, expect, it } from 'vitest';
import { readableLine } from './log-format';
import { createLogger } from './logging';

function lines(isTTY = false): { stream: never; lines: string[] } {
  const written: string[] = [];
  return { stream: { isTTY, write: (line: string) => written.push(line) } as never, lines: written };
}

describe('logs', () => {
  it('are one JSON object a line, with the level by name', () => {
    const { stream, lines: written } = lines();
    createLogger({ level: 'info', stream, fields: { instance: 'i' } }).warn({ topic: 'demo' }, 'something');
    expect(written.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ level: 'warn', instance: 'i', topic: 'demo', msg: 'something' }]);
  });

  it('are readable on a terminal', () => {
    const { stream, lines: written } = lines(true);
    createLogger({ level: 'info', stream }).info({ port: 1883, detail: 'two words' }, 'listening');
    expect(written[0]).toMatch(/^\d\d:\d\d:\d\d info {2}listening port=1883 detail="two words"\n$/);
  });

  it('A6 never hold what is named like a secret', () => {
    const { stream, lines: written } = lines();
    createLogger({ level: 'info', stream }).info({ password: 'hush', store: { sealingKey: 'hush' }, tls: { privateKey: 'hush' } }, 'x');
    expect(written.join()).not.toContain('hush');
  });

  it('let no control character of a client through to a terminal', () => {
    const line = readableLine(JSON.stringify({ level: 'info', time: '2030-01-01T10:00:00Z', msg: 'a\u001b[2J\u009bx', clientId: '\u001b]0;title\u0007' }));
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  it('show a line that is not JSON as it is', () => {
    expect(readableLine('plain\n')).toBe('plain');
  });
});
