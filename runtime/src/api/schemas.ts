/** Schemas that several operations share. */
import { Type, type TSchema } from '@sinclair/typebox';

export const filled = Type.String({ minLength: 1 });
export const text = Type.String();
export const count = Type.Integer({ minimum: 0 });
export const milliseconds = Type.Integer({ minimum: 0, description: 'milliseconds since 1970' });
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
/** Of what is declared: when a deploy first brought it. */
export const createdAt = nullable(Type.Integer({ minimum: 0, description: 'milliseconds since 1970, of what is declared when a deploy first brought it; null: before times were noted' }));
export const origin = Type.Union([Type.Literal('declared'), Type.Literal('api')], { description: 'who made it: a deploy, or this API (I4)' });
export const topicOrigin = Type.Union([...origin.anyOf, Type.Literal('storage')], { description: 'who made it: a deploy, this API, or the owner of the storage (I4)' });
export const qos = Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)]);
export const nothing = Type.Object({}, { additionalProperties: false });
/** Of a list that is read page by page. */
export const page = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  after: Type.Optional(Type.String({ minLength: 1, description: '`next` of the page before' })),
}, { additionalProperties: false });
/** A body or query whose unknown properties are told rather than dropped. */
export const strict = { additionalProperties: false } as const;
