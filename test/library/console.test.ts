/** Console and metrics: what is declared, what is refused, and what a deploy makes of it. */
import { App, Fn, TerraformOutput, TerraformStack, TerraformVariable, Testing } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { ConsoleUser, MqttInstance, Region } from '../../lib';
import { Bench, accepts, recordingOf, refusals, refuses, useRecordingDeployment } from './support';

const LOOPBACK = { bindAddress: '127.0.0.1' };

describe('A4 a console user', () => {
  useRecordingDeployment();

  it('is declared with its account, and shown in the plan by its name alone (I5, A6)', () => {
    const bench = new Bench();
    const { region, instance } = bench.pair();
    const user = instance.addConsoleUser('admin');
    instance.addConsoleUser('Guest', { name: 'contractor', password: 'given by the program', account: instance.addAccount('sub') });
    const { instances: [props], records: [record], shown } = recordingOf(region);
    expect(props!.manifest().console).toEqual({ enabled: true, users: [{ name: 'admin', account: 'main' }, { name: 'contractor', account: 'sub' }] });
    expect(props!.consoleUserPasswords()).toEqual({ admin: 'generated(main/gateway/admin)', contractor: 'given by the program' });
    expect(record!.consoleUserPasswords).toEqual({ admin: null, contractor: 'given by the program' });
    expect([user.consoleUserName, user.password]).toEqual(['admin', 'generated(main/gateway/admin)']);
    expect(shown.filter(({ kind }) => kind === 'console-user')).toEqual([
      { path: 'main/gateway/admin', kind: 'console-user', fields: { name: 'admin', instance: 'gateway', account: 'main' } },
      { path: 'main/gateway/Guest', kind: 'console-user', fields: { name: 'contractor', instance: 'gateway', account: 'sub' } },
    ]);
    for (const visible of [props!.manifest(), shown]) expect(JSON.stringify(visible)).not.toMatch(/given by|generated/);
  });

  it('B6 of an instance with direct push is handed over as well', () => {
    const bench = new Bench();
    const region = bench.region();
    bench.instance('live', { region, directPush: true, metrics: { token: 'metrics-token-of-it' } }).addConsoleUser('admin');
    const [props] = recordingOf(region).directPush;
    expect([props!.consoleUserPasswords(), props!.metricsToken]).toEqual([{ admin: 'generated(main/live/admin)' }, 'metrics-token-of-it']);
  });

  it.each<[string, (b: Bench) => void]>([
    ['a password of 12 characters', (b) => void b.pair().instance.addConsoleUser('admin', { password: 'twelve-chars' })],
    ['a well-known one while every port is bound to loopback', (b) => void b.pair(LOOPBACK).instance.addConsoleUser('admin', { password: 'admin' })],
    ['one name in two instances', (b) => {
      const { region, instance } = b.pair();
      const other = b.instance('other', { region });
      other.bindToNewStandardStorage();
      for (const each of [instance, other]) each.addConsoleUser('admin');
    }],
    ['N5 name and password that only the deploy knows', (b) => {
      const late = new TerraformVariable(b.stack, 'late', { type: 'string', sensitive: true });
      b.pair().instance.addConsoleUser('admin', { name: late.stringValue, password: late.stringValue });
    }],
  ])('is accepted: %s', (_, build) => accepts(build));

  it.each<[string, (b: Bench) => void, ...(string | RegExp)[]]>([
    ['a name of other characters', (b) => void b.pair().instance.addConsoleUser('the admin'), 'main/gateway/the admin: A4: console user name: got "the admin"'],
    ['one name twice', (b) => {
      const { instance } = b.pair();
      instance.addConsoleUser('admin');
      instance.addConsoleUser('Again', { name: 'admin' });
    }, 'main/gateway/Again: A4: console user name: got "admin", which main/gateway/admin has too'],
    ['an account of another instance', (b) => {
      const { region, instance } = b.pair();
      const other = b.instance('other', { region });
      other.bindToNewStandardStorage();
      instance.addConsoleUser('admin', { account: other.addAccount('sub') });
    }, 'main/gateway/admin: A4: account of the console user: got account sub of MQTT instance other'],
    ['A6 11 characters', (b) => void b.pair().instance.addConsoleUser('admin', { password: 'elevenchars' }),
      'main/gateway/admin: A6: password of console user admin: got 11 characters; allowed: at least 12'],
    ['A6 a well-known one', (b) => void b.pair().instance.addConsoleUser('admin', { password: 'Quickstart-Password' }), 'A6: password of console user admin: got a well-known example secret'],
    ['A6 with the HTTP port alone beyond loopback', (b) => void b.pair({ ...LOOPBACK, http: { bindAddress: '0.0.0.0' }, metrics: { enabled: false } }).instance.addConsoleUser('admin', { password: 'admin' }), 'A6: password of console user admin'],
    ['A6 an empty one, also on loopback', (b) => void b.pair(LOOPBACK).instance.addConsoleUser('admin', { password: '' }), 'got an empty text'],
    ['A6 one that no log-in takes', (b) => void b.pair(LOOPBACK).instance.addConsoleUser('admin', { password: 'x'.repeat(257) }), 'got 257 characters; allowed: at most 256'],
    ['I3 an imported instance', (b) => void new ConsoleUser(b.stack, 'admin', { mqttInstance: MqttInstance.fromMqttInstanceAttributes(b.stack, 'theirs', { instanceId: 'theirs' }) }),
      'I3: console user admin: got MQTT instance theirs, which is imported here'],
    ['I3 an instance of another stack', (b) => void new ConsoleUser(new TerraformStack(b.app, 'other'), 'admin', { mqttInstance: b.pair().instance }),
      'other/admin: I3: console user admin: got MQTT instance gateway, which is declared in another stack'],
  ])('is refused: %s', (_, build, ...patterns) => refuses(build, ...patterns));

  it('A6 no refusal repeats a password', () => {
    expect(refusals((b) => void b.pair().instance.addConsoleUser('admin', { password: 'hush-hush' })).join()).not.toContain('hush-hush');
  });
});

describe('A6 metrics', () => {
  useRecordingDeployment();
  const beyond = { http: { bindAddress: '0.0.0.0' } };

  it('are on by default, for loopback, and their token travels apart from the manifest', () => {
    const bench = new Bench();
    const { region } = bench.pair({ ...beyond, metrics: { token: 'metrics-token-of-it' } });
    bench.instance('plain', { region }).bindToNewStandardStorage();
    const [published, plain] = recordingOf(region).instances;
    expect([published!.manifest().metrics, published!.metricsToken]).toEqual([{ enabled: true, beyondLoopback: true }, 'metrics-token-of-it']);
    expect([plain!.manifest().metrics, plain!.metricsToken]).toEqual([{ enabled: true, beyondLoopback: false }, undefined]);
    expect(JSON.stringify(published!.manifest())).not.toContain('metrics-token-of-it');
    expect(recordingOf(region).records.map(({ metricsToken }) => metricsToken)).toEqual(['metrics-token-of-it', null]);
  });

  it.each<[string, (b: Bench) => void]>([
    ['switched off beyond loopback', (b) => void b.pair({ ...beyond, metrics: { enabled: false } })],
    ['a token that only the deploy knows (N5)', (b) => void b.pair({ ...beyond, metrics: { token: new TerraformVariable(b.stack, 'token', { type: 'string', sensitive: true }).stringValue } })],
    ['a short token on loopback', (b) => void b.pair({ ...LOOPBACK, metrics: { token: 'short' } })],
  ])('are accepted: %s', (_, build) => accepts(build));

  it.each<[string, (b: Bench) => void, ...(string | RegExp)[]]>([
    ['beyond loopback without a token', (b) => void b.pair(beyond), 'main/gateway: A6: metrics: got the HTTP port published beyond loopback and no token', 'set metrics.token'],
    ['at an address that only the deploy knows without a token', (b) => void b.pair({ http: { bindAddress: new TerraformVariable(b.stack, 'address', { type: 'string' }).stringValue } }), 'A6: metrics'],
    ['a short token beyond loopback', (b) => void b.pair({ metrics: { token: 'elevenchars' } }), 'A6: token of the metrics: got 11 characters; allowed: at least 12'],
    ['a well-known token', (b) => void b.pair({ metrics: { token: 'quickstart-secret' } }), 'got a well-known example secret'],
    ['a token that no header carries', (b) => void b.pair({ ...LOOPBACK, metrics: { token: 'with a blank' } }), 'A6: token of the metrics: got other characters'],
  ])('are refused: %s', (_, build, ...patterns) => refuses(build, ...patterns));
});

describe('P2 the address of the console', () => {
  useRecordingDeployment();

  it.each<[string, object, string]>([
    ['of the host itself, by default', {}, 'bound(http://localhost:18080/console/)'],
    ['of the region beyond loopback', { http: { bindAddress: '0.0.0.0', port: 19_000 }, metrics: { enabled: false } }, 'bound(http://mqtt.example.com:19000/console/)'],
    ['none when it is off', { console: { enabled: false } }, ''],
  ])('is a domain: %s', (_, props, url) => {
    const bench = new Bench();
    const region = bench.region('r1', { publicDomain: 'mqtt.example.com' });
    const instance = bench.instance('gateway', { region, http: {}, ...props });
    instance.bindToNewStandardStorage();
    new TerraformOutput(bench.stack, 'taken', { value: instance.consoleUrl, staticId: true });
    const { output } = JSON.parse(Testing.synth(bench.stack)) as { output: Record<string, { value: unknown }> };
    expect(output['taken']!.value).toBe(url.replace(/^$/, 'bound()'));
    expect(output['mqtt_gateway_console_url']?.value).toBe(url || undefined);
    expect(recordingOf(region).instances[0]!.manifest().console!.enabled).toBe(url !== '');
  });
});

describe('A6 deployed console users and tokens', () => {
  const stack = new TerraformStack(Testing.stubVersion(new App({ stackTraces: false })), 'program');
  const instance = new MqttInstance(stack, 'inst', { region: new Region(stack, 'eu', { gatewayImage: 'gateway:1', storeImage: 'redis:7.4' }), metrics: { token: 't0ken-of-the-metrics' } });
  instance.bindToNewStandardStorage();
  instance.addConsoleUser('given', { password: 'p@ssw0rd-of-it' });
  const generated = instance.addConsoleUser('generated');
  new TerraformOutput(stack, 'generated', { value: Fn.nonsensitive(generated.password), staticId: true });
  const json = JSON.parse(Testing.synth(stack, true)) as Record<string, any>;

  it('stand in the sensitive document of the hand-over, and nowhere else', () => {
    const [[name, document], ...more] = Object.entries<any>(json['locals']).filter(([, each]) => each.kind === 'secrets');
    expect([document.consoleUsers.given, document.metricsToken, more]).toEqual(['p@ssw0rd-of-it', 't0ken-of-the-metrics', []]);
    expect(document.consoleUsers.generated).toMatch(/^\$\{sensitive\(terraform_data\..*\.triggers_replace\)\}$/);
    const contents = Object.values<any>(json['resource'].docker_container).flatMap(({ upload = [] }) => upload as { content: string }[]).map(({ content }) => content);
    expect(contents.filter((content) => content.includes(`local.${name}`))).toEqual([`\${sensitive(jsonencode(local.${name}))}`]);
    const { locals: _, '//': __, ...rest } = json;
    expect(JSON.stringify(rest)).not.toMatch(/p@ssw0rd|t0ken/);
  });

  it('a generated password is one of the deploy, kept, and known by its name in the plan', () => {
    expect(json['output'].generated.value).toContain('triggers_replace');
    const shown = Object.values<any>(json['resource'].terraform_data).map(({ input }) => input).filter((input) => input?.instance === 'inst' && input.account === 'main');
    expect(shown).toEqual(['generated', 'given'].map((name) => ({ name, instance: 'inst', account: 'main' })));
  });
});
