/** Programs in JavaScript, and values of type any, pass what the types forbid. */
import { describe, expect, it } from 'vitest';
import { Bench, useRecordingDeployment } from './support';

useRecordingDeployment();

describe('a factory that gets nothing says what it needs', () => {
  const nothing = undefined as never;
  const { instance, storage } = new Bench().pair();
  const topic = storage.addParentTopic('demo');
  it.each([
    ['addParentTopic', () => storage.addParentTopic(nothing), 'main/store: id of the Topic: got undefined; allowed: a text'],
    ['addGroupId', () => instance.addGroupId(nothing), 'main/gateway: id of the Group: got undefined'],
    ['addAccount', () => instance.addAccount(nothing), 'main/gateway: id of the Account: got undefined'],
    ['addAccessKey', () => instance.addAccessKey(null as never), 'main/gateway: id of the AccessKey: got null'],
    ['bindTo', () => instance.bindTo(nothing), 'main/gateway: storage instance of bindTo(): got undefined; allowed: a StorageInstance'],
    ['grantPublish', () => topic.grantPublish(nothing), 'main/store/demo: AccessKey of grantPublish(): got undefined; allowed: an AccessKey'],
    ['grantSubscribe', () => topic.grantSubscribe(null as never), 'main/store/demo: AccessKey of grantSubscribe(): got null; allowed: an AccessKey'],
  ])('%s', (_name, act, message) => expect(act).toThrow(message));
});
