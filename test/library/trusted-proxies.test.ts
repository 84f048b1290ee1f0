import { TerraformVariable } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { checkInstanceManifest, sentence } from '../../lib/rules/manifest-rules';
import { Bench, accepts, recordingOf, refuses, useRecordingDeployment } from './support';

describe('P1 trusted proxies of the HTTP port', () => {
  useRecordingDeployment();
  const pairWith = (b: Bench, ...trustedProxies: string[]) => b.pair({ http: { trustedProxies } });
  const trusting = (...trustedProxies: string[]) => (b: Bench) => void pairWith(b, ...trustedProxies);
  const variable = (b: Bench, type: string) => new TerraformVariable(b.stack, 'proxies', { type });
  const manifestWith = (...trustedProxies: string[]) => recordingOf(pairWith(new Bench(), ...trustedProxies).region).instances[0]!.manifest();

  it.each<[string, (b: Bench) => void]>([
    ['addresses and ranges', trusting('192.0.2.10', '10.1.0.0/16', '2001:db8::1', '2001:db8::/32', '192.0.2.10/32')],
    ['none', trusting()],
    ['one that only the deploy knows (N5)', (b) => void b.pair({ http: { trustedProxies: [variable(b, 'string').stringValue] } })],
    ['a list that only the deploy knows (N5)', (b) => void b.pair({ http: { trustedProxies: variable(b, 'list(string)').listValue } })],
  ])('are accepted: %s', (_, build) => accepts(build));

  const asked = 'allowed: an IP address, or a range of them; fix: write it like 192.0.2.10 or 10.1.0.0/16';
  it.each<[string, (b: Bench) => void, ...string[]]>([
    ['a name', trusting('proxy.example.com'), `main/gateway: P1: trusted proxies of the HTTP port: got "proxy.example.com"; ${asked}`],
    ['an address that is none', trusting('10.0.0.256'), 'got "10.0.0.256"'],
    ['a range too narrow to be one', trusting('10.0.0.0/33'), 'got "10.0.0.0/33"'],
    ['a mask', trusting('10.0.0.0/255.0.0.0'), 'got "10.0.0.0/255.0.0.0"'],
    ['an address with a port', trusting('10.0.0.1:80'), 'got "10.0.0.1:80"'],
    ['an empty text', trusting(''), 'got ""'],
    ['everybody', trusting('0.0.0.0/0'), 'got "0.0.0.0/0", which is everybody; allowed: the addresses of your proxies'],
    ['everybody with IPv6', trusting('::/0'), 'got "::/0", which is everybody'],
    ['too many', trusting(...Array.from({ length: 101 }, (_, n) => `10.0.0.${n}`)), 'got 101 of them; allowed: at most 100'],
  ])('are refused: %s', (_, build, ...patterns) => refuses(build, ...patterns));

  it('stand in the manifest, where the gateway judges them again, and nowhere when there are none', () => {
    const manifest = manifestWith('10.1.0.0/16');
    expect(manifest.trustedProxies).toEqual(['10.1.0.0/16']);
    expect(checkInstanceManifest({ ...manifest, trustedProxies: ['proxy'] }).map(sentence)).toEqual([expect.stringMatching(/^P1: trusted proxies of the HTTP port: got "proxy"/)]);
    expect(manifestWith()).not.toHaveProperty('trustedProxies');
  });
});
