import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformStack, Token } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { DockerHost, NamespaceType, Region, StorageEdition, StorageInstance, type RegionProps } from '../../lib';
import { Bench, accepts, recordingOf, refusals, refuses, useRecordingDeployment } from './support';

useRecordingDeployment();

describe('L1 instances per region are limited', () => {
  const instances = (count: number) => (b: Bench) => {
    const region = b.region('r1', { quotas: { standardStorage: 100 } });
    for (let i = 1; i <= count; i++) b.instance(`gateway${i}`, { region }).bindToNewStandardStorage();
  };
  it('accepts 8 MQTT instances', () => accepts(instances(8)));
  it('refuses 9, and names the quota and what counts', () => refuses(instances(9), 'main/r1: L1: quota mqttInstances of region r1: got 9 MQTT instances', /main\/gateway1, .*main\/gateway9/, 'at most 8'));
  const storages = (count: number, edition: StorageEdition) => (b: Bench) => {
    const region = b.region();
    for (let i = 1; i <= count; i++) b.storage(`s${i}`, { region, edition });
  };
  it('accepts 8 standard storage instances', () => accepts(storages(8, StorageEdition.STANDARD)));
  it('refuses 9', () => refuses(storages(9, StorageEdition.STANDARD), 'L1: quota standardStorage'));
  it('has no quota for platinum storage', () => accepts(storages(20, StorageEdition.PLATINUM)));
  it('has one where the Region says so', () => refuses((b) => {
    const region = b.region('r1', { quotas: { platinumStorage: 1 } });
    for (const id of ['a', 'b']) b.storage(id, { region, edition: StorageEdition.PLATINUM });
  }, 'L1: quota platinumStorage', 'at most 1'));
  it('refuses a quota that is no whole number', () => refuses((b) => { b.region('r1', { quotas: { mqttInstances: 1.5 } }); }, 'L1: quota mqttInstances: got 1.5'));
  it('does not judge a quota that is a token', () => accepts((b) => {
    const region = b.region('r1', { quotas: { mqttInstances: tokenNumber() } });
    for (let i = 1; i <= 9; i++) b.instance(`gateway${i}`, { region }).bindToNewPlatinumStorage();
  }));
});

describe('L2 everything declared for the region counts, over all stacks, imports excluded', () => {
  it('counts two stacks together', () => refuses((b) => {
    const other = new TerraformStack(b.app, 'other');
    for (const [region, scope] of [[b.region(), b.stack], [b.region('r1', {}, other), other]] as const) {
      for (let i = 1; i <= 5; i++) b.instance(`${scope.node.id}${i}`, { region }, scope).bindToNewPlatinumStorage();
    }
  }, 'L1: quota mqttInstances', 'other/other5'));
  it('refuses two stacks that disagree on a quota', () => refuses((b) => {
    b.region();
    b.region('r1', { quotas: { mqttInstances: 2 } }, new TerraformStack(b.app, 'other'));
  }, 'other/r1: L1: quota mqttInstances of region r1: got 2, while main/r1 says 8'));
  it('hands use and siblings over', () => {
    const bench = new Bench();
    const { region } = bench.pair();
    bench.instance('second', { region }).bindToNewPlatinumStorage();
    expect(recordingOf(region).instances[0].manifest().region).toEqual({
      id: 'r1',
      quotas: { mqttInstances: 8, standardStorage: 8, platinumStorage: null },
      used: { mqttInstances: 2, standardStorage: 1, platinumStorage: 1 },
      siblings: [{ instanceId: 'second', name: 'second', edition: 'basic', consoleUrl: 'http://localhost:20011/console/', internalHttpUrl: 'http://second.main-r1:18080' }],
    });
  });
});

describe('L2, N1, N2, B4 region ids that differ in case alone are one region', () => {
  const twoStacks = (each: (region: Region, scope: TerraformStack) => void, second = 'R1') => (b: Bench) => {
    const other = new TerraformStack(b.app, 'other');
    each(b.region(), b.stack);
    each(b.region(second, {}, other), other);
  };
  const instances = (second: string) => (b: Bench) => twoStacks((region, scope) => {
    for (let i = 1; i <= 5; i++) b.instance(`${scope.node.id}${i}`, { region }, scope).bindToNewPlatinumStorage();
  }, second)(b);
  it('L2 counts them together', () => refuses(instances('R1'), 'main/r1: L1: quota mqttInstances', 'got 10 MQTT instances'));
  it('L2 counts other regions apart', () => accepts(instances('R2')));
  const named = (second: string) => (b: Bench) => twoStacks((region, scope) => {
    b.instance(`${scope.node.id}-gateway`, { region, instanceName: 'plant' }, scope).bindToNewPlatinumStorage();
  }, second)(b);
  it('N1 refuses one instance name in both', () => refuses(named('R1'), 'other/other-gateway: N1', 'region r1'));
  it('N1 accepts one instance name in two regions', () => accepts(named('R2')));
  const topics = (second: string) => (b: Bench) => twoStacks((region, scope) => {
    b.storage('store', { region, namespaceType: NamespaceType.SHARED }, scope).addParentTopic('demo');
  }, second)(b);
  it('N2 refuses one topic in the shared namespace of both', () => refuses(topics('R1'), 'other/store/demo: N2', 'shared namespace of region r1'));
  it('N2 accepts one topic in two regions', () => accepts(topics('R2')));
  const bound = (regionId: string) => (b: Bench) => {
    b.instance('gateway', { region: b.region() }).bindTo(StorageInstance.fromUrl(b.stack, 'outside', {
      storageId: 'outside', endpoint: 'redis://store.example.com:6379', regionId, edition: StorageEdition.STANDARD, namespaceType: NamespaceType.INDEPENDENT,
    }));
  };
  it('B4 accepts a storage of the one for an instance of the other', () => accepts(bound('R1')));
  it('B4 refuses a storage of another region', () => refuses(bound('R2'), 'B4'));
  it('L2 hands them over as siblings', () => {
    const bench = new Bench();
    const regions: Region[] = [];
    twoStacks((region, scope) => {
      regions.push(region);
      bench.instance(`${scope.node.id}-gateway`, { region }, scope).bindToNewPlatinumStorage();
    })(bench);
    const { used, siblings } = recordingOf(regions[0]).instances[0].manifest().region;
    expect(used).toEqual({ mqttInstances: 2, standardStorage: 0, platinumStorage: 2 });
    expect(siblings.map(({ instanceId }) => instanceId)).toEqual(['other-gateway']);
  });
});

describe('L3 one host a region', () => {
  const guards = (props: RegionProps) => {
    const bench = new Bench();
    return recordingOf(bench.region('r1', { gatewayImage: 'gw:1', ...props })).props.guards;
  };
  it('hands a plan guard over that names what was and what is', () => {
    expect(guards({})).toEqual([{ name: 'host', value: 'unix:///var/run/docker.sock', sentence: expect.stringMatching(/^L3: host of region r1: got \$\{now\}; allowed: \$\{was\}/), compared: 'as address' }]);
  });
  it('hands it over for a provider that the program configures, and none where that does not say its host', () => {
    const bench = new Bench();
    const provider = new DockerProvider(bench.stack, 'docker', { host: 'tcp://10.0.0.7:2376' });
    expect(recordingOf(bench.region('r2', { provider })).props.guards).toMatchObject([{ value: 'tcp://10.0.0.7:2376' }]);
    const silent = new DockerProvider(bench.stack, 'silent', { alias: 'silent' });
    expect(recordingOf(bench.region('r3', { provider: silent })).props.guards).toEqual([]);
  });
  it('refuses another host in another stack', () => refuses((b) => {
    b.region();
    b.region('r1', { host: DockerHost.ssh('deploy@example.com'), gatewayImage: 'gw:1' }, new TerraformStack(b.app, 'other'));
  }, 'other/r1: L3: region r1: got host ssh://deploy@example.com'));
});

describe('a remote region needs a gateway image by name', () => {
  it('refuses ssh without one', () => refuses((b) => { b.region('r1', { host: DockerHost.ssh('deploy@example.com') }); }, 'main/r1: I1: gateway image', 'ssh://deploy@example.com', 'set gatewayImage'));
  it('refuses tcp without one', () => refuses((b) => { b.region('r1', { host: DockerHost.tcp('example.com:2376', { certPath: '/certs' }) }); }, 'gateway image'));
  it('accepts one with it', () => accepts((b) => { b.region('r1', { host: DockerHost.tcp('example.com:2376'), gatewayImage: 'gw:1' }); }));
  it('accepts the local host without', () => accepts((b) => { b.region('r1', { host: DockerHost.local('/run/user/1000/docker.sock') }); }));
});

describe('P2 endpoints are domains', () => {
  for (const address of ['10.0.0.1', '::1', '[fe80::1]']) {
    it(`refuses ${address} as public domain`, () => refuses((b) => { b.region('r1', { publicDomain: address }); }, `main/r1: P2: public domain: got the IP address`));
  }
  for (const address of ['127.0.0.1.', '2130706433', '127.1', '10.0.0.256', '0x7f000001']) {
    it(`P2 refuses ${address}, an IP address in disguise`, () => refuses((b) => { b.region('r1', { publicDomain: address }); }, `P2: public domain: got the IP address "${address}"`));
  }
  for (const domain of ['mqtt.example.com.', '10.example.com', 'plant-10', 'node1']) {
    it(`P2 accepts ${domain}`, () => accepts((b) => { b.region('r1', { publicDomain: domain }); }));
  }
  it('refuses an internal IP address', () => refuses((b) => { b.region('r1', { internalDomain: '10.0.0.1' }); }, 'P2: internal domain'));
  it('refuses one internal domain for two regions of a host', () => refuses((b) => {
    for (const id of ['r1', 'r2']) b.region(id, { internalDomain: 'mqtt.internal' });
  }, 'main/r2: P2: internal domain: got "mqtt.internal", which main/r1 on the same host has too'));
  it('makes a default that is a domain, also of long names', () => accepts((b) => {
    b.region('_'.repeat(5) + 'r'.repeat(59), {}, new TerraformStack(b.app, 's'.repeat(64)));
  }));
  it('refuses a URL', () => refuses((b) => { b.region('r1', { publicDomain: 'mqtt://example.com' }); }, 'P2', 'without scheme'));
  it('accepts a domain', () => accepts((b) => { b.region('r1', { publicDomain: 'mqtt.example.com', internalDomain: 'mqtt.internal' }); }));
  it('does not judge a token', () => accepts((b) => { b.region('r1', { publicDomain: '${var.domain}' }); }));
});

describe('every failure of a program is reported together', () => {
  it('over several stacks, each with its construct path', () => {
    const found = refusals((b) => {
      const { instance } = b.pair({ instanceName: 'x', replicas: 7 });
      instance.addGroupId('sensors');
      const other = new TerraformStack(b.app, 'other');
      b.storage('s', { region: b.region('10.0.0', { publicDomain: '10.0.0.1' }, other), storageName: '' }, other);
    });
    expect(found.map((line) => /\[main\] (\S+): (\w+):/.exec(line)?.slice(1, 3).join(' '))).toEqual([
      'main/gateway/sensors N3', 'main/gateway E1', 'main/gateway N1', 'other/10.0.0 I1', 'other/10.0.0 P2', 'other/s I1', 'other/s N4',
    ]);
  });
});

function tokenNumber(): number {
  return Token.asNumber('${var.quota}');
}
