import type { IConstruct } from 'constructs';
import { factsOf } from './facts';
import { reportFailure } from './validation';

export function recordGrant(topic: IConstruct, key: IConstruct, rights: { readonly publish: boolean; readonly subscribe: boolean }): void {
  // jsii checks nothing for JavaScript, and the type `any` nothing for TypeScript
  if (!key) {
    throw new Error(`${topic.node.path}: AccessKey of ${rights.publish ? 'grantPublish' : 'grantSubscribe'}(): got ${String(key)}; allowed: an AccessKey; fix: pass one, such as what addAccessKey() returns`);
  }
  const keyFacts = factsOf('key', key);
  const topicFacts = factsOf('topic', topic)!;
  if (!keyFacts || keyFacts.imported) {
    reportFailure(topic, {
      rule: 'I3', subject: `rights on parent topic ${topicFacts.name}`, got: `a grant to the imported AccessKey ${key.node.path}`,
      allowed: 'a grant to an AccessKey of this program', fix: 'grant the right where the AccessKey is declared',
    });
    return;
  }
  keyFacts.grants.push({ topic: topicFacts, ...rights });
}
