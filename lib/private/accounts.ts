import type { Construct } from 'constructs';
import type { IAccount } from '../account';
import { AccountFacts, InstanceFacts, factsOf } from './facts';

/** The account given, or the instance's main account. */
export function accountFactsOf(owner: Construct, account: IAccount | undefined, instance: InstanceFacts): AccountFacts {
  const known = account ? factsOf('account', account) : instance.accounts.find(({ main }) => main);
  return known ?? { kind: 'account', construct: owner, imported: true, name: account?.accountName ?? 'main', main: !account, instance };
}
