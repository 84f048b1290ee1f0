/** Programs in JavaScript, and values of type any, pass what the types forbid. */
import { describe, expect, it } from 'vitest';
import { AccessKey, Account, BackendUser, Binding, ConsoleUser, GroupId, MqttInstance, ParentTopic, StorageInstance } from '../../lib';
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

describe('a construct that is not told whose it is says what it needs', () => {
  const { stack } = new Bench();
  const nothing = {} as never;
  const { instance } = new Bench().pair();
  it.each([
    ['GroupId', () => new GroupId(stack, 'group', nothing), 'main/group: mqttInstance: got undefined; allowed: an object; fix: give an object'],
    ['GroupId without props', () => new GroupId(stack, 'group-0', undefined as never), 'main/group-0: mqttInstance: got undefined'],
    ['Account', () => new Account(stack, 'account', nothing), 'main/account: mqttInstance: got undefined'],
    ['AccessKey', () => new AccessKey(stack, 'key', { mqttInstance: null } as never), 'main/key: mqttInstance: got null'],
    ['ConsoleUser', () => new ConsoleUser(stack, 'user', { mqttInstance: 'quickstart' } as never), 'main/user: mqttInstance: got a text; allowed: an object'],
    ['BackendUser', () => new BackendUser(stack, 'backend', nothing), 'main/backend: storageInstance: got undefined'],
    ['ParentTopic', () => new ParentTopic(stack, 'topic', nothing), 'main/topic: owner of the parent topic: got none; allowed: one of storageInstance and mqttInstance'],
    ['Binding', () => new Binding(stack, 'binding', nothing), 'main/binding: mqttInstance: got undefined; allowed: an object; fix: give an object\nmain/binding: storageInstance: got undefined'],
    ['Binding without a storage', () => new Binding(stack, 'binding-1', { mqttInstance: instance, storageInstance: null } as never), /^main\/binding-1: storageInstance: got null[^\n]*$/],
  ])('%s', (_name, act, message) => expect(act).toThrow(message));
});

describe('a property of another type is told in a sentence, before any rule is asked', () => {
  const wrong = (value: unknown): never => value as never;
  const { instance, storage } = new Bench().pair();
  it.each([
    ['name of a topic', () => storage.addParentTopic('orders', { name: wrong(5) }), 'main/store/orders: name: got a number; allowed: a text; fix: give a text, or leave it out'],
    ['name of a group', () => instance.addGroupId('GID_a', { name: wrong({}) }), 'main/gateway/GID_a: name: got an object; allowed: a text'],
    ['A6 a secret, which is not repeated', () => instance.addAccessKey('key', { secret: wrong(48_151_623) }), /^main\/gateway\/key: secret: got a number; allowed: a text; fix: give a text, or leave it out$/],
    ['password of a console user', () => instance.addConsoleUser('admin', { password: wrong(['x']) }), 'password: got a list; allowed: a text'],
    ['name of a backend user', () => storage.addBackendUser('worker', { name: wrong(true) }), 'name: got true or false; allowed: a text'],
    ['spec', () => new Bench().pair({ spec: { tps: wrong('1000') } }), 'main/gateway: spec.tps: got a text; allowed: a number'],
    ['replicas', () => new Bench().pair({ replicas: wrong('3') }), 'main/gateway: replicas: got a text; allowed: a number'],
    ['protocols', () => new Bench().pair({ protocols: wrong('mqtt') }), 'main/gateway: protocols: got a text; allowed: a list of texts'],
    ['a listener', () => new Bench().pair({ tcp: wrong(1883) }), 'main/gateway: tcp: got a number; allowed: an object'],
    ['its port', () => new Bench().pair({ tcp: { port: wrong('1883') } }), 'main/gateway: tcp.port: got a text; allowed: a number'],
    ['a webhook without URL', () => new Bench().pair({ webhook: wrong({}) }), 'main/gateway: webhook.url: got undefined; allowed: a text; fix: give a text'],
    ['all at once', () => new Bench().pair({ remark: wrong(1), directPush: wrong('yes') }), /remark: got a number[^\n]*\nmain\/gateway: directPush: got a text; allowed: true or false/],
  ])('%s', (_name, act, message) => expect(act).toThrow(message));
});
