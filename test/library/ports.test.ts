import { Lazy, TerraformStack, Testing, Token } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { DockerHost, MqttInstance, StorageInstance } from '../../lib';
import { Bench, accepts, recordingOf, refusals, refuses, useRecordingDeployment } from './support';

useRecordingDeployment();

const off = { tls: { enabled: false }, websocket: { enabled: false }, websocketTls: { enabled: false }, flashPolicy: { enabled: false } };

describe('P1 ports', () => {
  it('has the standard ports, the control API on loopback alone', () => {
    const bench = new Bench();
    const region = bench.region();
    new MqttInstance(bench.stack, 'gateway', { region }).bindToNewStandardStorage();
    expect(recordingOf(region).instances[0].listeners).toEqual({
      tcp: { bindAddress: '0.0.0.0', port: 1883 }, tls: { bindAddress: '0.0.0.0', port: 8883 }, websocket: { bindAddress: '0.0.0.0', port: 80 },
      websocketTls: { bindAddress: '0.0.0.0', port: 443 }, flash: { bindAddress: '0.0.0.0', port: 843 }, http: { bindAddress: '127.0.0.1', port: 18_080 },
    });
  });
  it('refuses a clash of two instances and proposes free ports', () => refuses((b) => {
    const { region } = b.pair({ tcp: { port: 1883 } });
    b.instance('other', { region, tcp: { port: 1883 }, tls: { port: 1884 } }).bindToNewStandardStorage();
  }, 'main/other: P1: port of listener tcp: got 0.0.0.0:1883', 'listener tcp of main/gateway', 'set port to 1885'));
  it('proposes different ones for two clashes', () => {
    const found = refusals((b) => {
      const { region } = b.pair({ ...off, tcp: { port: 80 } });
      b.instance('second', { region, ...off, tcp: { port: 80 } }).bindToNewStandardStorage();
      b.instance('third', { region, ...off, tcp: { port: 80 } }).bindToNewStandardStorage();
    });
    expect(found.map((line) => /set port to (\d+)/.exec(line)?.[1])).toEqual(['10080', '10081']);
  });
  it('says once for an instance that all its ports clash', () => {
    const found = refusals((b) => {
      const region = b.region();
      for (const id of ['first', 'second', 'third', 'fourth']) new MqttInstance(b.stack, id, { region }).bindToNewStandardStorage();
    });
    expect(found).toHaveLength(3);
    expect(found[1]).toContain('main/second: P1: ports of 6 listeners: got tcp 1883, tls 8883, websocket 80, websocketTls 443, flash 843, http 18080 on ');
    expect(found[1]).toContain('which main/first has too');
    expect(found[1]).toMatch(/fix: set tcp.port \d+, tls.port \d+, websocket.port \d+, websocketTls.port \d+, flashPolicy.port \d+, http.port \d+, which are free/);
  });
  it('refuses a clash inside one instance', () => refuses((b) => { b.pair({ tcp: { port: 5000 }, tls: { port: 5000 } }); }, 'P1: port of listener tls', 'listener tcp of main/gateway'));
  it('refuses it over two stacks and two regions of one host', () => refuses((b) => {
    b.pair({ tcp: { port: 1883 } });
    const other = new TerraformStack(b.app, 'other');
    b.instance('elsewhere', { region: b.region('r2', {}, other), tcp: { port: 1883 } }, other).bindToNewStandardStorage();
  }, 'other/elsewhere: P1'));
  it('accepts one port on two hosts', () => accepts((b) => {
    b.pair({ tcp: { port: 1883 } });
    const far = b.region('far', { host: DockerHost.ssh('deploy@example.com'), gatewayImage: 'gw:1' });
    b.instance('elsewhere', { region: far, tcp: { port: 1883 } }).bindToNewStandardStorage();
  }));
  it('accepts one port on two addresses', () => accepts((b) => {
    const { region } = b.pair({ tcp: { port: 1883, bindAddress: '127.0.0.1' } });
    b.instance('other', { region, tcp: { port: 1883, bindAddress: '10.0.0.7' } }).bindToNewStandardStorage();
  }));
  it('accepts a clash with a listener that is off', () => accepts((b) => { b.pair({ tcp: { port: 5000 }, tls: { port: 5000, enabled: false } }); }));
  it('does not judge ports and addresses that are tokens', () => accepts((b) => {
    const port = Token.asNumber('${var.port}');
    const { region } = b.pair({ tcp: { port }, bindAddress: '${var.address}' });
    b.instance('other', { region, tcp: { port } }).bindToNewStandardStorage();
  }));
  it('refuses a port that is none', () => refuses((b) => { b.pair({ tcp: { port: 70_000 } }); }, 'P1: port of listener tcp: got 70000'));
  it('refuses a bind address that is a name', () => refuses((b) => { b.pair({ tcp: { port: 5000, bindAddress: 'example.com' } }); }, 'P1: bind address of listener tcp'));
  it('refuses an instance without any listener for MQTT', () => refuses((b) => { b.pair({ ...off, tcp: { enabled: false } }); }, 'P1: listeners: got none for MQTT'));
  it('refuses half a certificate', () => refuses((b) => { b.pair({ tlsCertificate: 'PEM' }); }, 'P1: certificate: got tlsCertificate alone'));
});

describe('P1 endpoints as host:port and as URL', () => {
  const make = () => {
    const bench = new Bench();
    const region = bench.region('r1', { publicDomain: 'mqtt.example.com' });
    const instance = new MqttInstance(bench.stack, 'Gateway', { region, websocketTls: { port: 8443 }, flashPolicy: { enabled: false }, instanceId: 'Plant' });
    const early = instance.publicUrl;
    instance.bindToNewStandardStorage();
    return { bench, region, instance, early };
  };
  it('stand in the manifest', () => {
    const manifest = recordingOf(make().region).instances[0].manifest();
    expect(manifest.publicEndpoints).toEqual({
      tcp: { address: 'mqtt.example.com:1883', url: 'mqtt://mqtt.example.com:1883' },
      tls: { address: 'mqtt.example.com:8883', url: 'mqtts://mqtt.example.com:8883' },
      websocket: { address: 'mqtt.example.com:80', url: 'ws://mqtt.example.com:80/mqtt' },
      websocketTls: { address: 'mqtt.example.com:8443', url: 'wss://mqtt.example.com:8443/mqtt' },
    });
    expect(manifest.internalEndpoints.websocketTls).toEqual({ address: 'plant.main-r1:443', url: 'wss://plant.main-r1:443/mqtt' });
  });
  it('P2 are attributes that stand once the binding does, also when taken before it', () => {
    const { instance, early } = make();
    const stack = new TerraformStack(Testing.app(), 'resolver');
    stack.addOverride('output.early', { value: early });
    stack.addOverride('output.wss', { value: instance.publicEndpoints.websocketTls!.address });
    const outputs = (JSON.parse(Testing.synth(stack)) as { output: unknown }).output;
    expect(outputs).toEqual({ early: { value: 'bound(mqtt://mqtt.example.com:1883)' }, wss: { value: 'bound(mqtt.example.com:8443)' } });
    expect(instance.publicEndpoints.flashPolicy).toBeUndefined();
  });
  it('P2 are outputs by default', () => {
    const { output } = JSON.parse(Testing.synth(make().bench.stack)) as { output: { [name: string]: { value: unknown } } };
    expect(Object.keys(output)).toEqual([
      'mqtt_Plant_console_url', 'mqtt_Plant_internal_endpoints', 'mqtt_Plant_internal_urls', 'mqtt_Plant_public_endpoints', 'mqtt_Plant_public_urls', 'mqtt_Plant_storage_endpoint',
    ]);
    expect(output.mqtt_Plant_public_endpoints.value).toMatchObject({ tcp: 'bound(mqtt.example.com:1883)' });
    expect(output.mqtt_Plant_storage_endpoint.value).toMatch(/^bound\(redis:/);
  });
  it('can be switched off as outputs', () => {
    const other = new Bench();
    other.pair({ outputs: false });
    expect(JSON.parse(Testing.synth(other.stack))).not.toHaveProperty('output');
  });
  it('take a port that is a token', () => {
    const other = new Bench();
    const { region: r } = other.pair({ tcp: { port: Token.asNumber('${var.port}') } });
    const stack = new TerraformStack(Testing.app(), 'resolver');
    stack.addOverride('output.x', { value: recordingOf(r).instances[0].manifest().publicEndpoints.tcp!.address });
    expect(Testing.synth(stack)).toContain('localhost:${var.port}');
  });
});

describe('I5 what is added later is handed over and shown in the plan by name', () => {
  it('topics, groups, accounts and keys', () => {
    const bench = new Bench();
    const { region, instance, storage } = bench.pair();
    storage.addParentTopic('demo', { remark: 'r' });
    instance.addGroupId('GID_demo');
    instance.addAccount('sub');
    instance.addAccessKey('key', { secret: Lazy.stringValue({ produce: () => 'hidden' }) });
    expect(recordingOf(region).shown.map(({ path, kind, fields }) => [path, kind, fields.name ?? fields.id])).toEqual([
      ['main/store/demo', 'topic', 'demo'], ['main/gateway/GID_demo', 'group', 'GID_demo'], ['main/gateway/sub', 'account', 'sub'],
      ['main/gateway/key', 'access-key', 'key'],
    ]);
    const [props] = recordingOf(region).instances;
    expect(props.manifest().groups).toHaveLength(1);
    expect(recordingOf(region).storages[0].manifest().topics).toHaveLength(1);
    expect(recordingOf(region).records[0].storage?.topics).toHaveLength(1);
  });
});

describe('I1 storage ids stay when the program grows', () => {
  it('depends on the path alone', () => {
    const make = (before: number) => {
      const bench = new Bench();
      const region = bench.region();
      for (let i = 0; i < before; i++) bench.storage(`other${i}`, { region });
      return new StorageInstance(bench.stack, 'store', { region }).storageId;
    };
    expect(make(0)).toBe(make(3));
  });
});
