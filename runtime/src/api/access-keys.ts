/** AccessKeys: which there are. Never their secrets. A sub-account sees its own. */
import { Type, type Static } from '@sinclair/typebox';
import { operation } from './operation';
import { createdAt, filled, text } from './schemas';

const STATES = { active: 'it signs', 'no-secret': 'no secret was handed over, so nobody signs with it', 'well-known-secret': 'an example secret, refused beyond loopback (A6)' } as const;
type State = keyof typeof STATES;

const accessKey = Type.Object({
  keyId: filled,
  account: text,
  subAccount: Type.Boolean({ description: 'false: the account is the main account' }),
  access: Type.Union([Type.Literal('all'), Type.Literal('granted')], { description: 'all: every topic, and this API; granted: only the topics that it was granted' }),
  state: Type.Union((Object.keys(STATES) as State[]).map((state) => Type.Literal(state)), { description: Object.entries(STATES).map((each) => each.join(': ')).join('; ') }),
  createdAt,
}, { $id: 'AccessKey' });

export type ListedAccessKey = Static<typeof accessKey>;

export const accessKeyOperations = [
  operation({
    id: 'listAccessKeys', method: 'GET', path: '/access-keys', tag: 'tokens', summary: 'AccessKeys, without their secrets: all of them for the main account, its own for a sub-account',
    status: 200, response: Type.Object({ accessKeys: Type.Array(accessKey) }), problems: [],
    async handle({ caller, serving: { view } }) {
      const { accessKeys, accounts } = view.manifest;
      const main = new Set(accounts.filter((account) => account.main).map(({ name }) => name));
      const stateOf = (id: string): State => {
        const known = view.keys.get(id);
        return known === undefined ? 'no-secret' : known.secretIsWellKnown && !view.loopbackOnly ? 'well-known-secret' : 'active';
      };
      return {
        accessKeys: accessKeys.filter(({ account }) => caller.main || account === caller.account)
          .map(({ id, account, access }) => ({ keyId: id, account, subAccount: !main.has(account), access, state: stateOf(id), createdAt: view.declaredSince.accessKeys.get(id) ?? null }))
          .sort((a, b) => (a.keyId < b.keyId ? -1 : 1)),
      };
    },
  }),
];
