/**
 * What the control API answers, as far as the console reads it. Plain types, so that the tests can hold them to the schemas
 * of the gateway (`test/console/types.test.ts`).
 */

export type Origin = 'declared' | 'api' | 'storage';
export type Qos = 0 | 1 | 2;

export interface Session { user: string; account: string; main: boolean; expiresAt: number }

export interface Endpoint { address: string; url: string }
export type Listener = 'tcp' | 'tls' | 'websocket' | 'websocketTls' | 'flash';
export type Endpoints = { [K in Listener]?: Endpoint | undefined };

export interface Figures { tps: number; connections: number; subscriptions: number }
export interface Quota { quota: number | null; used: number }
export interface Gateway extends Figures { gatewayId: string; replica: string; worker: number | null; revision: string; startedAt: number; ready: boolean }
export interface RaisedAlarm { alarm: string; since: number; value: number; threshold: number }
export interface Sibling { instanceId: string; name: string; edition: string; consoleUrl: string | null; state: string; alarms: number | null }

export interface Instance {
  instanceId: string; name: string; remark: string; edition: string; billing: string; namespace: string; region: string; protocols: string[]; replicas: number;
  expiry: string | null;
  admission: { mode: string; anonymous: boolean };
  endpoints: { public: Endpoints; internal: Endpoints };
  binding: { storageId: string; storageName: string; storageEdition: string; storageNamespace: string; storageRegion: string } | null;
  spec: Figures; used: Figures; throttled: boolean; limits: { clientIdLength: number }; alarmThresholds: Figures; alarms: RaisedAlarm[];
  quota: { mqttInstances: Quota; standardStorage: Quota; platinumStorage: Quota };
  gateways: Gateway[];
  statistics: { topics: number; groups: number; storedMessages: number; storedMessagesLimit: number; payloadBytes: number; storeBytes: number | null; storeBytesLimit: number | null };
  documentsRevision: number;
  siblings: Sibling[];
}

export type TopicType = 'normal' | 'partition-ordered' | 'global-ordered';
export type Permission = 'publish' | 'subscribe' | 'publish-and-subscribe';
export type RemovalPolicy = 'retain' | 'destroy';

export interface Topic {
  name: string; type: TopicType; permission: Permission; remark: string; removalPolicy: RemovalPolicy; origin: Origin; account: string | null; createdAt: number | null;
  storedMessages: number; storedBytes: number;
}

export interface Group { name: string; account: string; remark: string; origin: Origin; createdAt: number | null; online: number }

interface Place { gatewayId: string | null; address: string | null; listener: string | null; connectedAt: number | null; lastActivityAt: number | null }
export interface OnlineClient extends Place { clientId: string; group: string | null }
export interface Client extends OnlineClient {
  online: boolean; stored: boolean; subscriptions: { filter: string; qos: Qos }[]; inFlight: number; backlog: { messages: number; more: boolean } | null;
}
export interface ClientPage { clients: OnlineClient[]; total: number; next: string | null }
export interface OnlineCounts { total: number; groups: { name: string; online: number }[]; topics: { name: string; online: number }[] }

export interface SentMessage { messageId: number; topic: string; qos: Qos; retain: boolean; clientId: string | null; payloadBytes: number }

export interface AccessKey { keyId: string; account: string; access: string; state: string }

export type TokenAction = 'R' | 'W';
export interface IssuedToken { token: string; tokenId: string; expireTime: number }
export interface TokenStatus {
  valid: boolean; problem: string | null;
  token: { tokenId: string; keyId: string; actions: TokenAction[]; resources: string[]; expireTime: number } | null;
}

export interface DeviceCredential {
  clientId: string; instanceId: string; account: string; deviceAccessKeyId: string; deviceAccessKeySecret: string; createTime: number; updateTime: number;
}
