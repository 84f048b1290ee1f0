/** Holds what a request brings to the schemas of its operation, and says what is wrong in words. */
import type { TObject, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { checkSchema } from '../manifest/check';
import { ProblemError } from './problem';

/** Of a path or a query every value is a text, and is taken for what the schema says. */
export function checkTexts(schema: TObject | undefined, value: unknown, where: string): unknown {
  const texts = Object.entries({ ...(value as object) });
  return check(schema, Object.fromEntries(texts.map(([name, text]) => [name, read(schema?.properties[name], text)])), where);
}

/** A number where the schema wants one and a number stands there; `true` is none. */
function read(schema: TSchema | undefined, text: unknown): unknown {
  if (schema === undefined || typeof text !== 'string' || Value.Check(schema, text)) return text;
  if (/^-?\d{1,20}(\.\d{1,20})?$/.test(text)) return Number(text);
  return text === 'true' ? true : text === 'false' ? false : text;
}

export function checkBody(schema: TObject | undefined, value: unknown): unknown {
  return check(schema, value ?? {}, 'body');
}

function check(schema: TObject | undefined, value: unknown, where: string): unknown {
  const names = Object.keys(schema?.properties ?? {});
  const unknown = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value).filter((name) => !names.includes(name)) : [];
  if (unknown.length > 0) {
    throw new ProblemError('request-malformed', { allowed: names.join(', ') || 'nothing', fix: 'take it out' }, `${where}: ${JSON.stringify(unknown[0]!.slice(0, 64))} is unknown`);
  }
  if (schema === undefined) return {};
  const checked = checkSchema(schema, value, where);
  if (checked.ok) return checked.value;
  const [first] = checked.errors;
  throw new ProblemError('request-malformed', { allowed: `${first!.path || where}: ${first!.allowed}` }, checked.sentence);
}
