/** Groups: list, make, delete (I4, I5, N3, A4). A sub-account sees and changes its own. */
import { Type, type Static } from '@sinclair/typebox';
import type { GroupDeclaration } from '../../../lib/manifest/manifest';
import { checkGroup } from '../../../lib/rules/declarations';
import type { MadeGroup } from '../store/contract';
import type { Caller } from './context';
import { changeMade } from './made';
import { online } from './online';
import { operation } from './operation';
import { ProblemError, refuseFindings } from './problem';
import { createdAt, filled, nothing, origin, strict, text } from './schemas';

/** Far above what a person keeps apart; each is a few hundred bytes in documents that every gateway reads. */
const MOST_GROUPS = 1_000;

const group = Type.Object({
  name: filled, account: Type.String({ description: 'whose keys its clients sign with (A4)' }), remark: text, origin, createdAt,
}, { $id: 'Group' });

const listed = Type.Composite([group, Type.Object({ online: Type.Integer({ minimum: 0, description: 'clients' }) })], { $id: 'ListedGroup' });

export type ListedGroup = Static<typeof listed>;

export const groupOperations = [
  operation({
    id: 'listGroups', method: 'GET', path: '/groups', tag: 'groups', summary: 'Groups: all of them for the main account, its own for a sub-account',
    status: 200, response: Type.Object({ groups: Type.Array(listed) }), problems: [],
    async handle({ caller, serving }) {
      const { view } = serving;
      const counts = new Map<string | null, number>();
      for (const { group: of } of (await online(serving)).values()) counts.set(of, (counts.get(of) ?? 0) + 1);
      const made = new Map(view.made.groups.map((each) => [each.name, each]));
      return {
        groups: [...view.groups.values()].filter((each) => owns(caller, each)).map((each) => ({ ...shown(each, made.get(each.name), view.declaredSince.groups.get(each.name)), online: counts.get(each.name) ?? 0 }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      };
    },
  }),
  operation({
    id: 'createGroup', method: 'POST', path: '/groups', tag: 'groups', summary: 'Makes a group of the account whose key signs',
    body: Type.Object({ name: filled, remark: Type.Optional(text) }, strict), status: 201, response: group, problems: ['group-exists', 'rule-broken', 'documents-contended'],
    async handle({ body, caller, serving }) {
      const asked: MadeGroup = { name: body.name, account: caller.account, remark: body.remark ?? '', createdAt: Date.now() };
      refuseFindings(checkGroup(asked)); // N3, N4
      await changeMade(serving, (made, { instance }) => {
        const all = [...(instance?.groups ?? []), ...made.groups];
        if (all.some(({ name }) => name === asked.name)) throw new ProblemError('group-exists', { fix: 'choose another name' }); // N3
        if (all.length >= MOST_GROUPS) throw new ProblemError('rule-broken', { allowed: `at most ${MOST_GROUPS} groups of an instance`, fix: 'delete some' });
        return { made: { ...made, groups: [...made.groups, asked] } };
      });
      return shown(asked, asked);
    },
  }),
  operation({
    id: 'deleteGroup', method: 'DELETE', path: '/groups/{name}', tag: 'groups', summary: 'Deletes a group that this API made: connections that stand on it close; stored sessions are kept for the retention time',
    params: Type.Object({ name: filled }), status: 200, response: nothing, problems: ['group-not-found', 'group-declared', 'account-denied', 'documents-contended'],
    async handle({ params: { name }, caller, serving }) {
      await changeMade(serving, (made, { instance }) => {
        const declared = instance?.groups.find((each) => each.name === name);
        const found = made.groups.find((each) => each.name === name);
        const either = declared ?? found;
        if (!either) throw new ProblemError('group-not-found');
        if (!owns(caller, either)) throw new ProblemError('account-denied', { allowed: 'groups of this account' });
        if (declared) throw new ProblemError('group-declared', { allowed: 'groups whose origin is "api"', fix: 'take it out of the program and deploy' });
        return { made: { ...made, groups: made.groups.filter((each) => each !== found) } };
      });
      return {};
    },
  }),
];

export function owns(caller: Caller, { account }: Pick<GroupDeclaration, 'account'>): boolean {
  return caller.main || account === caller.account;
}

function shown({ name, account, remark }: GroupDeclaration, made: MadeGroup | undefined, declaredAt?: number): Static<typeof group> {
  return { name, account, remark, origin: made ? 'api' : 'declared', createdAt: made?.createdAt ?? declaredAt ?? null };
}
