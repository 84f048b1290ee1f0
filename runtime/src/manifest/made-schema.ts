/** What the control API made, and when the rest was declared, as it stands in the documents. */
import { Type } from '@sinclair/typebox';
import { topicSchema } from './schema';

const createdAt = Type.Integer({ minimum: 0 });

export const madeSchema = Type.Object({
  topics: Type.Array(Type.Composite([topicSchema, Type.Object({ account: Type.String(), createdAt, origin: Type.Optional(Type.Literal('storage')) })])),
  groups: Type.Array(Type.Object({ name: Type.String({ minLength: 1 }), account: Type.String(), remark: Type.String(), createdAt })),
});

const firstDeclared = Type.Array(Type.Object({ name: Type.String({ minLength: 1 }), at: createdAt }));

export const declaredSinceSchema = Type.Object({ topics: firstDeclared, groups: firstDeclared, accessKeys: firstDeclared });
