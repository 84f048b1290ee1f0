/** E1: a webhook is declared, its URL judged at synth and when it is taken in, its secret never in clear (A6). */
import { App, TerraformOutput, TerraformStack, Testing } from 'cdktf';
import { generate } from 'selfsigned';
import { describe, expect, it } from 'vitest';
import { MqttInstance, Region } from '../../lib';
import { sentence } from '../../lib/rules/finding';
import { checkInstanceManifest } from '../../lib/rules/manifest-rules';
import { checkWebhookAuthority, checkWebhookUrl, isInternalHost } from '../../lib/rules/webhook';
import { checkDocument } from '../../runtime/src/manifest/check';
import { Bench, accepts, recordingOf, refuses, useRecordingDeployment } from './support';

const URL_OF_OPS = 'https://ops.example.com/mqtt';

describe('E1 the URL of a webhook', () => {
  it.each([
    URL_OF_OPS, 'https://10.0.0.1:8443/x?token=1', 'http://localhost:9000/', 'http://127.0.0.1/', 'http://[::1]:9000/', 'http://192.168.1.20/', 'http://172.20.0.3:80',
    'http://[fd00::1]/', 'http://receiver:9000/hook', 'http://receiver.factory-local/hook', 'http://receiver.plant.internal', 'http://box.home.arpa/', 'HTTP://LOCALHOST/',
  ])('accepts %s', (url) => expect(checkWebhookUrl(url)).toEqual([]));

  it.each([
    ['http://ops.example.com/mqtt', /^E1: webhook url: got http to "ops\.example\.com"; allowed: an https URL, or .*; fix: use https/],
    ['http://8.8.8.8/', /got http to "8\.8\.8\.8"/],
    ['http://172.32.0.1/', /got http to/],
    ['http://169.254.169.254/', /got http to/],
    ['http://xn--bcher-kva.xn--p1ai/', /got http to/],
    ['ftp://ops.example.com/', /no http or https URL/],
    ['ops.example.com', /no http or https URL/],
    ['', /no http or https URL/],
    ['https:ops', /no http or https URL/],
    [`https://ops.example.com/${'x'.repeat(2_048)}`, /2072 characters; allowed: at most 2048/],
    ['https://ops.example.com/#part', /fragment/],
  ])('refuses %s', (url, pattern) => expect(checkWebhookUrl(url).map(sentence)).toEqual([expect.stringMatching(pattern)]));

  it('A6 repeats nothing of a URL that holds a password', () => {
    for (const url of ['https://me:hunter22@ops.example.com/', 'me:hunter22@ops.example.com', 'https://me:hunter22@:99999/']) {
      const [finding] = checkWebhookUrl(url);
      expect(sentence(finding!)).not.toContain('hunter22');
    }
  });

  it('takes names that a public resolver may answer for as public', () => {
    expect(['ops.example.com', 'example.io', 'xn--bcher-kva.xn--p1ai'].map(isInternalHost)).toEqual([false, false, false]);
    expect(['receiver', 'receiver.factory-local', 'x.internal', 'x.internal.', 'x.lan'].map(isInternalHost)).toEqual([true, true, true, true, true]);
  });
});

describe('E1 a declared webhook', () => {
  useRecordingDeployment();

  it('is judged at synth, a token is not (N5)', () => {
    accepts((b) => { b.pair({ webhook: { url: URL_OF_OPS } }); });
    accepts((b) => { b.pair({ webhook: { url: '${var.webhook_url}', secret: '${var.webhook_secret}' } }); });
    refuses((b) => { b.pair({ webhook: { url: 'http://ops.example.com' } }); }, 'main/gateway: E1: webhook url: got http to "ops.example.com"');
  });

  it('may have an authority of its own: PEM of certificates, judged at synth and when it is taken in (N5), and never repeated', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'the plant' }], { keyType: 'ec', curve: 'P-256' });
    const judge = (caCertificate: string, url = URL_OF_OPS) => checkWebhookAuthority({ url, caCertificate }).map(sentence);
    expect([judge(cert), judge(`issued for the plant\n${cert}\r\n${cert}`)]).toEqual([[], []]);
    for (const [text, said] of [
      ['/etc/ssl/plant.pem', /got 18 characters without a certificate; .*not its path/], ['', /0 characters without/], [`${cert}${key}`, /got a private key/],
      [`${cert}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----`, /2 certificates, of which number 2 cannot be read/], [cert.repeat(200), /characters; allowed/],
    ] as const) {
      expect(judge(text)).toEqual([expect.stringMatching(said)]);
      expect(judge(text)[0]).not.toMatch(/plant|MII/);
    }
    expect(judge(cert, 'http://localhost:9000/')).toEqual([expect.stringMatching(/^E1: webhook caCertificate: got one with an http URL/)]);
    accepts((b) => { b.pair({ webhook: { url: URL_OF_OPS, caCertificate: cert } }); });
    accepts((b) => { b.pair({ webhook: { url: '${var.url}', caCertificate: '${var.authority}' } }); });
    refuses((b) => { b.pair({ webhook: { url: URL_OF_OPS, caCertificate: 'plant.pem' } }); }, 'main/gateway: E1: webhook caCertificate: got 9 characters without a certificate');
    const bench = new Bench();
    const { region } = bench.pair({ webhook: { url: URL_OF_OPS, caCertificate: cert } });
    const manifest = recordingOf(region).instances[0]!.manifest();
    expect(manifest.webhook).toEqual({ url: URL_OF_OPS, caCertificate: cert });
    expect(checkDocument('instance', manifest)).toMatchObject({ ok: true });
    expect(checkInstanceManifest({ ...manifest, webhook: { url: URL_OF_OPS, caCertificate: 'x' } }).map(sentence)).toContainEqual(expect.stringMatching(/caCertificate: got 1 characters/));
  });

  it('A6 refuses a short or well-known secret without repeating it', () => {
    refuses((b) => { b.pair({ webhook: { url: URL_OF_OPS, secret: 'k7' } }); }, 'A6: secret of the webhook: got 2 characters; allowed: at least 8', 'leave secret out');
    refuses((b) => { b.pair({ webhook: { url: URL_OF_OPS, secret: 'passw0rd' } }); }, 'A6: secret of the webhook: got a well-known example secret');
    accepts((b) => { b.pair({ webhook: { url: URL_OF_OPS, secret: 'a secret of its own' } }); });
  });

  it('stands in the manifest, and is absent where none is declared, so that older gateways read on', () => {
    const manifestOf = (props: Parameters<Bench['pair']>[0]) => {
      const bench = new Bench();
      const { region } = bench.pair(props);
      return recordingOf(region).instances[0]!.manifest();
    };
    expect(manifestOf({ webhook: { url: URL_OF_OPS } }).webhook).toEqual({ url: URL_OF_OPS });
    expect(checkDocument('instance', manifestOf({ webhook: { url: URL_OF_OPS } }))).toMatchObject({ ok: true });
    expect(Object.keys(manifestOf({}))).not.toContain('webhook');
  });
});

describe('E1 A6 what a deploy makes of it', () => {
  const synth = (secret?: string) => {
    const stack = new TerraformStack(Testing.stubVersion(new App({ stackTraces: false })), 'program');
    const mqtt = new MqttInstance(stack, 'inst', { region: new Region(stack, 'eu', { gatewayImage: 'gateway:1' }), webhook: { url: URL_OF_OPS, secret } });
    mqtt.bindToNewStandardStorage();
    mqtt.addAccessKey('key', { secret: 'a-secret-of-the-program' });
    new TerraformOutput(stack, 'webhook_secret', { value: mqtt.webhookSecret, sensitive: true });
    const json = JSON.parse(Testing.synth(stack)) as Record<string, any>;
    const locals = json['locals'] as Record<string, any>;
    const secrets = Object.values(locals).find((each) => each?.kind === 'secrets');
    return { json, secrets, text: JSON.stringify(json), manifest: Object.values(locals).find((each) => each?.kind === 'instance') };
  };

  it('generates a secret once and keeps it', () => {
    const { json, secrets, manifest } = synth();
    const [id, generated] = Object.entries<any>(json['resource'].terraform_data).find(([name]) => name.includes('WebhookSecret'))!;
    expect(generated).toMatchObject({ triggers_replace: expect.stringMatching(/^\$\{sensitive\(/), lifecycle: { ignore_changes: ['triggers_replace'] } });
    expect(secrets.webhookSecret).toBe(`\${sensitive(terraform_data.${id}.triggers_replace)}`);
    expect(json['output'].webhook_secret.value).toBe(secrets.webhookSecret);
    expect(manifest.webhook).toEqual({ url: URL_OF_OPS });
  });

  it('takes a given one, and makes none', () => {
    const { json, secrets } = synth('${var.webhook_secret}');
    expect(secrets.webhookSecret).toBe('${var.webhook_secret}');
    expect(Object.keys(json['resource'].terraform_data).filter((name) => name.includes('WebhookSecret'))).toEqual([]);
  });

  it('puts the secret into secrets.json alone, which is sensitive', () => {
    const { json, manifest } = synth('the-secret-that-was-given');
    expect(JSON.stringify(manifest)).not.toContain('the-secret-that-was-given');
    expect(JSON.stringify(json['resource'].docker_container)).not.toContain('the-secret-that-was-given');
  });
});
