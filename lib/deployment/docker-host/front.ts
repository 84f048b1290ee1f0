/**
 * The front of an instance with several replicas: owns the host ports, spreads connections, and is never replaced by a
 * changed topic or image. It finds replicas by their common network alias.
 */
import { Container } from '@cdktf/provider-docker/lib/container';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { ListenerName } from '../../manifest/manifest';
import { CONTAINER_PORTS } from '../deployment';
import { PublishedPort, makeContainer } from './container';
import type { GatewaysProps } from './gateways';
import type { RegionContext } from './region';

const CONFIG = '/etc/mqttgw/haproxy.cfg';
const MEMORY_MEGABYTES = 512;
/** Room for the replicas of two revisions at once. */
const SLOTS = 32;
/** Two a connection. The engine's limit may be lower, and connections then follow it; where there is none, tables would fill the memory. */
const OPEN_FILES = 250_000;

/** Asks through the front whether a replica is ready, with what the image has: neither curl nor wget is in the usual one. */
const HEALTH = [
  'if command -v bash > /dev/null',
  `then bash -c 'exec 3<>/dev/tcp/127.0.0.1/${CONTAINER_PORTS.http}; printf "GET /readyz HTTP/1.0\\r\\n\\r\\n" >&3; head -n 1 <&3 | grep -q " 200"'`,
  `else wget -q -O /dev/null http://127.0.0.1:${CONTAINER_PORTS.http}/readyz`,
  'fi',
].join('; ');

export interface FrontProps extends GatewaysProps {
  readonly ports: PublishedPort[];
  readonly entryAlias: string;
  readonly gatewayAlias: string;
  readonly dependsOn: ITerraformDependable[];
}

export function makeFront(context: RegionContext, scope: Construct, props: FrontProps): Container {
  const names = (Object.keys(CONTAINER_PORTS) as (ListenerName | 'http')[]).filter((name) => props.listeners[name] !== undefined);
  return makeContainer(context, scope, 'Entry', {
    name: `${props.name}-front`,
    naming: 'fixed',
    image: context.images.front().imageId,
    entrypoint: ['haproxy'],
    command: ['-W', '-db', '-f', CONFIG],
    // ports below 1024 are open to everybody inside a container's network
    user: '10001:10001',
    unprivileged: true,
    aliases: [props.entryAlias],
    ports: props.ports,
    files: [{ path: CONFIG, content: frontConfig(names, props.gatewayAlias) }],
    health: { ask: HEALTH, startSeconds: 60 },
    waitSeconds: 120,
    stopSeconds: 10,
    memoryMegabytes: MEMORY_MEGABYTES,
    labels: { role: 'front', instance: props.instanceId, storage: props.storageId },
    userLabels: props.userLabels,
    dependsOn: props.dependsOn,
  });
}

export function frontConfig(listeners: (ListenerName | 'http')[], gatewayAlias: string): string {
  return [
    'global',
    '  log stdout format raw daemon notice',
    `  fd-hard-limit ${OPEN_FILES}`,
    '',
    'defaults',
    '  mode tcp',
    '  log global',
    '  option dontlognull',
    '  option redispatch',
    '  retries 3',
    '  timeout connect 3s',
    // a client's keepalive is the gateway's business; what has died is found by TCP
    '  timeout client 7d',
    '  timeout server 7d',
    '  option clitcpka',
    '  option srvtcpka',
    // a new replica has the fewest connections, so clients of an old one that goes do not land on the next old one
    '  balance leastconn',
    '',
    'resolvers docker',
    '  nameserver dns 127.0.0.11:53',
    '  accepted_payload_size 8192',
    '  timeout resolve 1s',
    '  timeout retry 1s',
    '  hold valid 1s',
    '  hold obsolete 2s',
    '',
    ...listeners.flatMap((name) => sections(name, gatewayAlias)),
  ].join('\n');
}

/**
 * A gateway that is not ready, because its store is away or it has just started, gets clients only while none is ready: it
 * refuses them with CONNACK 3, and over HTTP it says why (B5).
 */
function sections(name: ListenerName | 'http', gatewayAlias: string): string[] {
  const http = name === 'http';
  return [
    `listen ${name}`,
    `  bind :${CONTAINER_PORTS[name]}`,
    ...(http ? ['  mode http', '  option forwardfor'] : []),
    `  use_backend ${name}-living if { nbsrv(${name}) eq 0 }`,
    ...servers(name, gatewayAlias, '/readyz'),
    '',
    `backend ${name}-living`,
    ...(http ? ['  mode http'] : []),
    ...servers(name, gatewayAlias, '/livez'),
    '',
  ];
}

function servers(name: ListenerName | 'http', gatewayAlias: string, asked: '/readyz' | '/livez'): string[] {
  return [
    `  option httpchk GET ${asked}`,
    `  default-server check port ${CONTAINER_PORTS.http} inter 1s fastinter 300ms fall 2 rise 1 resolvers docker init-addr none${name === 'http' ? '' : ' send-proxy-v2'}`,
    `  server-template gateway ${SLOTS} ${gatewayAlias}:${CONTAINER_PORTS[name]}`,
  ];
}
