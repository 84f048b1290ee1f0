/** Programs in JavaScript, and values of type any, pass what the types forbid. */
import { describe, expect, it } from 'vitest';
import { MqttInstance, StorageInstance } from '../../lib';
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

describe('a construct that gets no region, or an edition that there is not, says what it needs', () => {
  const bench = new Bench();
  const { stack } = bench;
  const region = bench.region();
  it.each([
    ['MqttInstance without props', () => new MqttInstance(stack, 'a', undefined as never), 'main/a: region: got undefined; allowed: a Region; fix: '],
    ['MqttInstance without a region', () => new MqttInstance(stack, 'b', {} as never), 'main/b: region: got undefined'],
    ['StorageInstance without a region', () => new StorageInstance(stack, 'c', { region: null } as never), 'main/c: region: got null'],
    ['MqttInstance', () => new MqttInstance(stack, 'd', { region, edition: 'gold' as never }), 'main/d: edition: got "gold"; allowed: "basic", "platinum"; fix: '],
    ['StorageInstance', () => new StorageInstance(stack, 'e', { region, edition: 'gold' as never }), 'main/e: edition: got "gold"; allowed: "standard", "platinum"'],
  ])('%s', (_name, act, message) => expect(act).toThrow(message));
});
