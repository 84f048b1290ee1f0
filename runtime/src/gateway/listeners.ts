/** The gateway's MQTT listeners with the certificate they serve, as the documents declare it. */
import { createHmac } from 'node:crypto';
import type { Endpoint, ListenerBindings } from '../../../lib/manifest/manifest';
import type { GatewayConfig } from '../config/gateway-config';
import type { Logger } from '../logging';
import type { EventCounts } from '../metrics/event-counts';
import { Certificates } from '../net/certificates';
import type { Connection } from '../net/connection';
import { startListeners, type Listeners, type MqttBindings } from '../net/listeners';
import { seal, unseal } from '../seal';
import type { Store } from '../store/contract';
import type { GatewayDocuments } from './document-source';
import { portError } from './port-error';

export interface GatewayListenersOptions {
  readonly store: Store;
  readonly config: GatewayConfig;
  readonly sealingKey: string;
  readonly logger: Logger;
  readonly documents: GatewayDocuments;
  readonly eventCounts: EventCounts;
  onConnection(connection: Connection): void;
}

export class GatewayListeners {
  private constructor(private readonly listeners: Listeners, private readonly certificates: Certificates | null, private readonly state: { documents: GatewayDocuments }) {}

  static async open(options: GatewayListenersOptions): Promise<GatewayListeners> {
    const { config, logger, documents, eventCounts } = options;
    const bindings = mqttBindings(config.listeners);
    const state = { documents };
    const certificates = bindings.tls || bindings.websocketTls ? await openCertificates(options) : null;
    try {
      const listeners = await startListeners({
        bindings, certificates, logger, eventCounts,
        proxyProtocol: config.proxyProtocol,
        onConnection: (connection) => options.onConnection(connection),
        payloadBytes: () => state.documents.instance.limits.payloadBytes,
        policyPorts: () => clientPorts(state.documents),
      });
      return new GatewayListeners(listeners, certificates, state);
    } catch (error) {
      const { listener } = error as { listener?: keyof MqttBindings };
      const binding = listener === undefined ? undefined : bindings[listener];
      throw (binding && portError(error, listener ?? '', binding)) ?? error;
    }
  }

  get addresses(): Omit<ListenerBindings, 'http'> {
    return this.listeners.addresses;
  }

  get certificateFingerprint(): string | undefined {
    return this.certificates?.current.fingerprint;
  }

  /** null: no TLS listener. */
  get certificateEnd(): Date | null {
    return this.certificates?.current.validTo ?? null;
  }

  /** A certificate that cannot be used is told and the old one stays; everything else of the documents is taken in. */
  async update(documents: GatewayDocuments): Promise<void> {
    await this.certificates?.update(documents.secrets.tls, hostsOf(documents));
    this.state.documents = documents;
  }

  stopAccepting(): void {
    this.listeners.stopAccepting();
  }

  close(): Promise<void> {
    return this.listeners.close();
  }
}

function mqttBindings({ http: _, ...bindings }: ListenerBindings): MqttBindings {
  return bindings;
}

function openCertificates({ store, config, sealingKey, logger, documents }: GatewayListenersOptions): Promise<Certificates> {
  const { storageId } = config;
  // a value is kept for ever, so what another sealing key has sealed gets a name of its own
  const keyName = createHmac('sha256', sealingKey).update('name').digest('hex').slice(0, 8);
  return Certificates.open({
    given: documents.secrets.tls,
    hosts: hostsOf(documents),
    logger,
    keepValue: async (name, value) => unseal(await store.keepValue(`${name}-${keyName}`, seal(value, sealingKey, storageId)), sealingKey, storageId),
  });
}

function endpointsOf({ instance }: GatewayDocuments): Endpoint[] {
  return [...Object.values(instance.publicEndpoints), ...Object.values(instance.internalEndpoints)];
}

function hostsOf(documents: GatewayDocuments): string[] {
  return [...new Set(endpointsOf(documents).map(({ address }) => address.slice(0, address.lastIndexOf(':'))))];
}

/** The ports that clients see may differ from those inside a container; undefined entries are listeners that are off. */
function clientPorts({ instance: { publicEndpoints: { tcp, tls } } }: GatewayDocuments): number[] {
  return [tcp, tls].flatMap((endpoint) => (endpoint ? [Number(endpoint.address.slice(endpoint.address.lastIndexOf(':') + 1))] : []));
}
