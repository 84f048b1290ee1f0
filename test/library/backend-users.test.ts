/** Users of a store for backend services: what is declared, what is refused, and what a deploy makes of it. */
import { App, TerraformOutput, TerraformStack, TerraformVariable, Testing } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { BackendUser, NamespaceType, Region, StorageEdition, StorageInstance } from '../../lib';
import { Bench, accepts, recordingOf, refusals, refuses, useRecordingDeployment } from './support';

const outside = (b: Bench) => StorageInstance.fromUrl(b.stack, 'outside', {
  endpoint: 'redis://store.example.com:6379', storageId: 'outside', regionId: b.region().regionId, edition: StorageEdition.STANDARD, namespaceType: NamespaceType.INDEPENDENT,
});

describe('S1 a backend user', () => {
  useRecordingDeployment();

  it('is handed over with its storage, with a generated password or the given one, and shown in the plan by its name alone (I5, A6)', () => {
    const bench = new Bench();
    const { region, storage } = bench.pair();
    const worker = storage.addBackendUser('worker');
    storage.addBackendUser('Reports', { name: 'reports', password: 'given by the program' });
    const { storages: [props], shown } = recordingOf(region);
    expect(props!.backendUsers()).toEqual([
      { name: 'worker', password: 'generated(main/store/worker)' }, { name: 'reports', password: 'given by the program' },
    ]);
    expect(shown.filter(({ kind }) => kind === 'backend-user')).toEqual([
      { path: 'main/store/worker', kind: 'backend-user', fields: { name: 'worker', storage: storage.storageId } },
      { path: 'main/store/Reports', kind: 'backend-user', fields: { name: 'reports', storage: storage.storageId } },
    ]);
    expect([worker.username, worker.host, worker.port, worker.storageId]).toEqual([`accepted(u-${storage.storageId}.worker)`, storage.storageId, 6379, storage.storageId]);
  });

  it.each<[string, (b: Bench) => void]>([
    ['of a platinum storage, before any binding', (b) => void b.storage('own', { region: b.region(), edition: StorageEdition.PLATINUM }).addBackendUser('worker')],
    ['of one name in two storages', (b) => {
      const region = b.region();
      b.storage('one', { region }).addBackendUser('worker');
      b.storage('two', { region }).addBackendUser('worker');
    }],
    ['N5 whose name and password only the deploy knows', (b) => {
      const late = new TerraformVariable(b.stack, 'late', { type: 'string', sensitive: true });
      const { storage } = b.pair();
      storage.addBackendUser('worker', { name: late.stringValue, password: late.stringValue });
    }],
  ])('is accepted: %s', (_, build) => accepts(build));

  it.each<[string, (b: Bench) => void, ...(string | RegExp)[]]>([
    ['a name of other characters', (b) => void b.pair().storage.addBackendUser('my worker'), 'main/store/my worker: S1: backend user name: got "my worker"'],
    ['a name of 65 characters', (b) => void b.pair().storage.addBackendUser('worker', { name: 'w'.repeat(65) }), /S1: .*65 characters/],
    ['one name twice', (b) => {
      const { storage } = b.pair();
      storage.addBackendUser('worker');
      storage.addBackendUser('worker');
    }, 'main/store/worker2: S1: backend user name: got "worker", which main/store/worker has too'],
    ['A6 a well-known password, also with every port on loopback', (b) => void b.pair({ bindAddress: '127.0.0.1' }).storage.addBackendUser('worker', { password: 'changeme' }),
      'A6: password of backend user "worker": got a well-known example secret'],
    ['A6 a short password', (b) => void b.pair().storage.addBackendUser('worker', { password: 'hush-22' }), 'got 7 characters; allowed: at least 8'],
    ['a storage by URL', (b) => void outside(b).addBackendUser('worker'),
      'main/outside/worker: S1: backend user worker: got storage instance outside, whose store exists outside Terraform', 'docs/storage-layout.md'],
    ['I3 an imported storage', (b) => void StorageInstance.fromStorageInstanceAttributes(b.stack, 'theirs', {
      storageId: 'theirs', endpoint: 'redis://store:6379', regionId: 'r1', edition: StorageEdition.STANDARD, namespaceType: NamespaceType.INDEPENDENT,
    }).addBackendUser('worker'), 'I3: backend user worker: got storage instance theirs, which is imported here'],
    ['I3 a storage of another stack', (b) => {
      const { storage } = b.pair();
      new BackendUser(new TerraformStack(b.app, 'other'), 'worker', { storageInstance: storage });
    }, 'other/worker: I3: backend user worker: got storage instance store, which is declared in another stack'],
  ])('is refused: %s', (_, build, ...patterns) => refuses(build, ...patterns));

  it('A6 no refusal repeats a password', () => {
    expect(refusals((b) => void b.pair().storage.addBackendUser('worker', { password: 'hush-22' })).join()).not.toContain('hush-22');
  });
});

describe('S1 a deployed backend user', () => {
  const images = { gatewayImage: 'gateway:1', storeImage: 'redis:7.4' };
  const stack = new TerraformStack(Testing.stubVersion(new App({ stackTraces: false })), 'program');
  const storage = new StorageInstance(stack, 'store', { region: new Region(stack, 'eu', images), storageId: 'orders' });
  storage.addParentTopic('demo');
  const worker = storage.addBackendUser('worker', { password: 'p@ss word/äöü' });
  const generated = storage.addBackendUser('generated');
  const late = storage.addBackendUser('late', { password: new TerraformVariable(stack, 'late', { type: 'string', sensitive: true }).stringValue });
  for (const [name, { url, username, networkName }] of Object.entries({ worker, generated, late })) {
    new TerraformOutput(stack, `${name}_url`, { value: url, sensitive: true, staticId: true });
    new TerraformOutput(stack, `${name}_user`, { value: username, staticId: true });
    new TerraformOutput(stack, `${name}_network`, { value: networkName, staticId: true });
  }
  const json = JSON.parse(Testing.synth(stack, true)) as Record<string, any>;
  const once = (value: string) => `\${(terraform_data.storage_orders_Accepted.id != "none") ? ${value} : ""}`;

  it('has values that are known once the hand-over was accepted, and a URL that any client of Redis reads', () => {
    const { output } = json;
    expect(output.worker_user.value).toBe(once('"orders.worker"'));
    expect(output.worker_network.value).toBe('program-eu');
    const [, url] = /sensitive\("(.*)"\)/.exec(output.worker_url.value as string)!;
    const parsed = new URL(url!);
    expect([parsed.username, decodeURIComponent(parsed.password), parsed.host]).toEqual(['orders.worker', 'p@ss word/äöü', 'program-eu-shared-store:6379']);
    expect(output.generated_url.value).toMatch(/^\$\{\(terraform_data\.storage_orders_Accepted\.id != "none"\) \? sensitive\("redis:\/\/orders\.generated:\$\{replace\(urlencode\(.*triggers_replace\)\), "\+", "%20"\)\}@/);
    expect(output.late_url.value).toContain('${replace(urlencode(var.late), "+", "%20")}@');
  });

  it('A6 has its password in the sensitive document of the hand-over, and nowhere else', () => {
    const documents = Object.entries<any>(json['locals']).filter(([, document]) => document.backendUsers);
    expect(documents.map(([, { kind, backendUsers }]) => [kind, backendUsers.map(({ name }: { name: string }) => name)])).toEqual([['store', ['worker', 'generated', 'late']]]);
    const [container, ...more] = Object.values<any>(json['resource'].docker_container).filter(({ upload }) => JSON.stringify(upload).includes(documents[0]![0]));
    expect([container.command[0], more]).toEqual(['hand-over', []]);
    expect(container.upload.find(({ file }: { file: string }) => file.endsWith('store.json')).content).toBe(`\${sensitive(jsonencode(local.${documents[0]![0]}))}`);
    const { locals: _, output: __, ...rest } = json;
    expect(JSON.stringify(rest)).not.toContain('p@ss');
  });
});
