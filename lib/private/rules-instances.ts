/** MQTT instances: what each declares by itself, and names among each other (I1, N1, N4, E1–E3, E7, L4, A6). */
import { checkBindAddress, checkPort, listenersOf, loopbackOnly } from '../rules/addresses';
import { checkAnonymousExposure } from '../rules/bindings';
import { checkAccessKey, checkAccount, checkConsoleUser, checkInstanceFields } from '../rules/declarations';
import { checkDrainSeconds, checkGatewayMemory, checkWorkers } from '../rules/editions';
import { Finding } from '../rules/finding';
import { checkTopicCount } from '../rules/limits';
import { duplicate, repeated } from '../rules/names';
import { distinctRegions, sameRegion } from '../rules/regions';
import { checkConsolePassword, checkMetricsExposure, checkMetricsToken, checkSecret, checkWebhookSecret } from '../rules/secrets';
import { instanceManifest, keyDeclaration, metricsDeclaration } from './documents';
import type { InstanceFacts, Program } from './facts';
import { Located, at } from './program-rules';
import { plainText } from './rules-regions';
import { unresolved } from './support';

export function instanceFailures(program: Program): Located[] {
  const declared = program.instances.filter(({ imported }) => !imported);
  return [
    ...declared.flatMap((instance) => at(instance.construct, ownFindings(instance))),
    ...declared.flatMap((instance) => [...accountFailures(instance), ...keyFailures(instance), ...consoleUserFailures(instance)]),
    ...nameFailures(declared),
  ];
}

function ownFindings(instance: InstanceFacts): Finding[] {
  const findings = checkInstanceFields(instanceManifest(instance), unresolved);
  if (unresolved(instance.instanceId)) findings.push(plainText('instance id'));
  if (unresolved(instance.replicas)) findings.push(unknownReplicas());
  findings.push(
    ...checkWorkers(instance.workers, unresolved), ...checkDrainSeconds(instance.drainSeconds, unresolved), ...checkGatewayMemory(instance.memoryMegabytes, unresolved),
    ...listenerFindings(instance), ...tlsFindings(instance), ...metricsFindings(instance), ...webhookFindings(instance),
  );
  if (instance.directPush) findings.push(...checkTopicCount(instance.topics.length, instance.limits, unresolved));
  return findings;
}

/** How many containers there are is settled at synth. */
function unknownReplicas(): Finding {
  return { rule: 'E1', subject: 'replicas', got: 'a value that is known only at deploy', allowed: 'a plain number at synth: each replica is a container of its own', fix: 'write the number itself' };
}

function listenerFindings(instance: InstanceFacts): Finding[] {
  const { listeners, admission, publishAnonymousBeyondLoopback } = instance;
  const all = listenersOf(listeners);
  const findings = all.flatMap(({ listener, port, bindAddress }) => [
    ...checkPort(listener, port, unresolved),
    ...(unresolved(bindAddress) ? [] : checkBindAddress(listener, bindAddress)),
  ]);
  if (!listeners.tcp && !listeners.tls && !listeners.websocket && !listeners.websocketTls) {
    findings.push({ rule: 'P1', subject: 'listeners', got: 'none for MQTT', allowed: 'at least one of tcp, tls, websocket, websocketTls', fix: 'leave one of them on' });
  }
  return [...findings, ...checkAnonymousExposure(admission, listeners, publishAnonymousBeyondLoopback, unresolved)];
}

/** Addresses that are not known yet are not judged. */
function knownOnLoopback({ listeners }: InstanceFacts): boolean {
  const known = Object.fromEntries(Object.entries(listeners).filter(([, binding]) => !unresolved(binding.bindAddress)));
  return loopbackOnly(known as unknown as InstanceFacts['listeners']);
}

function tlsFindings({ tls }: InstanceFacts): Finding[] {
  if (!tls || (tls.certificate !== undefined && tls.privateKey !== undefined)) return [];
  return [{
    rule: 'P1', subject: 'certificate', got: tls.certificate === undefined ? 'tlsPrivateKey alone' : 'tlsCertificate alone',
    allowed: 'tlsCertificate and tlsPrivateKey together, or neither', fix: 'give the other one, or leave both out',
  }];
}

function webhookFindings({ webhook }: InstanceFacts): Finding[] {
  const secret = webhook?.givenSecret;
  return secret === undefined || unresolved(secret) ? [] : checkWebhookSecret(secret);
}

function accountFailures(instance: InstanceFacts): Located[] {
  const known = instance.accounts.filter(({ name }) => !unresolved(name));
  return [
    ...known.flatMap((account) => at(account.construct, checkAccount(account))),
    ...repeated(known, ({ name }) => name, false).flatMap(({ value, items: [first, ...others] }) => others.flatMap((other) =>
      at(other.construct, [duplicate('A4', 'account name', value, 'its instance', first.main ? 'the main account' : first.construct.node.path, false)]))),
  ];
}

function keyFailures(instance: InstanceFacts): Located[] {
  const { keys } = instance;
  const known = keys.filter(({ keyId }) => !unresolved(keyId));
  return [
    ...keys.flatMap((key) => at(key.construct, [
      ...checkAccessKey(keyDeclaration(key), unresolved),
      ...(key.givenSecret === undefined || unresolved(key.givenSecret)
        ? [] : checkSecret(unresolved(key.keyId) ? 'of this construct' : key.keyId, key.givenSecret, knownOnLoopback(instance))),
    ])),
    ...repeated(known, ({ keyId }) => keyId, false).flatMap(({ value, items: [first, ...others] }) => others.flatMap((other) =>
      at(other.construct, [duplicate('A1', 'AccessKey id', value, 'its instance', first.construct.node.path, false)]))),
  ];
}

function consoleUserFailures(instance: InstanceFacts): Located[] {
  const { consoleUsers } = instance;
  const known = consoleUsers.filter(({ name }) => !unresolved(name));
  return [
    ...consoleUsers.flatMap((user) => at(user.construct, [
      ...checkConsoleUser(user, unresolved),
      ...(user.givenPassword === undefined || unresolved(user.givenPassword)
        ? [] : checkConsolePassword(unresolved(user.name) ? 'of this construct' : user.name, user.givenPassword, knownOnLoopback(instance))),
    ])),
    ...repeated(known, ({ name }) => name, false).flatMap(({ value, items: [first, ...others] }) => others.flatMap((other) =>
      at(other.construct, [duplicate('A4', 'console user name', value, 'its instance', first.construct.node.path, false)]))),
  ];
}

function metricsFindings(instance: InstanceFacts): Finding[] {
  const { metrics: { token } } = instance;
  return [
    ...checkMetricsExposure(metricsDeclaration(instance), token !== undefined),
    ...(token === undefined || unresolved(token) ? [] : checkMetricsToken(token, knownOnLoopback(instance))),
  ];
}

function nameFailures(declared: readonly InstanceFacts[]): Located[] {
  const ids = repeated(declared.filter(({ instanceId }) => !unresolved(instanceId)), ({ instanceId }) => instanceId, true);
  const names = distinctRegions(declared.map(({ regionId }) => regionId)).flatMap((regionId) =>
    repeated(declared.filter((i) => sameRegion(i.regionId, regionId) && !unresolved(i.name)), ({ name }) => name, true).map((group) => ({ ...group, regionId })));
  return [
    ...ids.flatMap(({ items: [first, ...others] }) => others.flatMap((other) =>
      at(other.construct, [duplicate('I1', 'instance id', other.instanceId, 'the program', first.construct.node.path, true)]))),
    // where the name is the id, the first rule has said it
    ...names.flatMap(({ regionId, items: [first, ...others] }) => others.filter((other) => other.name !== other.instanceId || first.name !== first.instanceId).flatMap((other) =>
      at(other.construct, [duplicate('N1', 'MQTT instance name', other.name, `region ${regionId}`, first.construct.node.path, true)]))),
  ];
}
