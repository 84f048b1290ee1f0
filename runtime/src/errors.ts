/**
 * Every reason for which the gateway refuses or closes something, with its sentence: lower case, no final period.
 * A code is also the `reason` in logs and metric labels, so codes never change; sentences may.
 */
export const ERRORS = {
  // what arrives on a socket (net/)
  'packet-too-large': 'the packet is larger than allowed',
  'payload-too-large': 'the payload is larger than allowed',
  'remaining-length-malformed': 'the remaining length takes more than four bytes',
  'first-packet-not-connect': 'the first packet must be CONNECT',
  'second-connect': 'a client sends CONNECT once',
  'packet-type-unexpected': 'clients do not send this packet type',
  'header-flags-malformed': 'the reserved flags of the fixed header are wrong',
  'packet-malformed': 'the packet does not have the form that MQTT defines',
  'protocol-name-unknown': 'the protocol name must be MQTT, or MQIsdp for MQTT 3.1',
  'protocol-level-unsupported': 'the protocol level is not supported: use MQTT 3.1.1 (4) or MQTT 3.1 (3)',
  'connect-flags-malformed': 'the CONNECT flags contradict each other or set the reserved bit',
  'string-malformed': 'strings must be well-formed UTF-8 without U+0000',
  'packet-id-zero': 'a packet identifier must not be zero',
  'qos-malformed': 'QoS must be 0, 1 or 2',
  'dup-with-qos-0': 'DUP must not be set on a QoS 0 message',
  'topic-malformed': 'a topic has at least one character and no wildcard',
  'filter-malformed': 'a topic filter has at least one character, "#" only as its last level and "+" only as a whole level',
  'filters-missing': 'SUBSCRIBE and UNSUBSCRIBE carry at least one topic filter',
  'topic-levels-exceeded': 'the topic has too many levels',
  'connect-timeout': 'CONNECT did not arrive in time',
  'handshake-timeout': 'the handshake did not finish in time',
  'input-exhausted': 'unauthenticated connections hold too many bytes',
  'output-overflow': 'the client does not read what it is sent',
  'half-open-exceeded': 'too many connections that have not authenticated',
  'proxy-header-malformed': 'the PROXY protocol header is malformed',
  'tls-handshake-failed': 'the TLS handshake failed',
  'websocket-path-unknown': 'the WebSocket path is unknown: use /mqtt',
  'websocket-subprotocol-unsupported': 'the WebSocket subprotocol must be mqtt or mqttv3.1',
  'websocket-headers-exceeded': 'the WebSocket upgrade carries too many headers',
  'websocket-text-frame': 'MQTT over WebSocket uses binary frames',
  'websocket-malformed': 'the WebSocket upgrade or frame is malformed or too large',
  'policy-request-malformed': 'the policy port answers <policy-file-request/> only',
  'socket-error': 'the connection failed',

  // CONNECT (auth/)
  'client-id-empty': 'an empty Client ID needs MQTT 3.1.1, a clean session and open admission',
  'client-id-malformed': 'a Client ID has the form <GroupID>@@@<DeviceID>, without "/", "+", "#" and control characters',
  'client-id-too-long': 'the Client ID is too long',
  'group-unknown': 'the group of the Client ID does not exist in this instance',
  'credentials-missing': 'username and password are required',
  'username-malformed': 'the username has the form <mode>|<AccessKeyId>|<InstanceId>, such as Signature|<AccessKeyId>|<InstanceId>',
  'mode-unknown': 'the authentication mode is unknown: use Signature, Token or DeviceCredential',
  'key-unknown': 'the AccessKey does not exist in this instance',
  'signature-wrong': 'the password must be Base64(HMAC-SHA1(AccessKeySecret, ClientId))',
  'token-password-malformed': 'the password has the form R|<token>, W|<token>, RW|<token>, joined by "|", each at most once',
  'token-forged': 'the token does not have the form of a token: apply for one',
  'token-expired': 'the token has expired: apply for another one',
  'token-revoked': 'the token was revoked',
  'token-resource': 'the token does not name this topic among its resources',
  'token-permission': 'the token does not carry the action that it is used for: R to subscribe, W to publish',
  'token-signature': 'the token was not made by this storage, or was changed, or the AccessKey has another secret now',
  'token-account': 'the AccessKey or account that the token was applied with is not that of the username, or is gone',
  'device-unknown': 'the Client ID has no such device credential: register it, or use the DeviceAccessKeyId that it got',
  'device-refreshed': 'the device credential was refreshed or unregistered',
  'instance-wrong': 'the username names another instance',
  'account-mismatch': 'the AccessKey belongs to another account than the group',
  'secret-well-known': 'the AccessKey has a well-known example secret: declare another one, or bind every port to loopback',
  'no-right': 'the AccessKey has no right on any topic: grant publish or subscribe',
  'principal-revoked': 'the group, AccessKey or account that the connection stands on was removed or changed',

  // PUBLISH and SUBSCRIBE (auth/permissions)
  'topic-reserved': 'topics that start with "$" are reserved',
  'topic-undeclared': 'the first level must be a parent topic that is declared in this instance',
  'topic-too-long': 'the topic is too long',
  'filter-first-level-wildcard': 'the first level of a topic filter must be a declared parent topic, not a wildcard',
  'topic-publish-denied': 'the parent topic does not permit publishing',
  'topic-subscribe-denied': 'the parent topic does not permit subscribing',
  'right-publish-denied': 'the AccessKey may not publish to this topic',
  'right-subscribe-denied': 'the AccessKey may not subscribe to this topic',
  'p2p-malformed': 'a P2P topic has the form <parent>/p2p/<ClientId>',
  'p2p-subscribe-denied': 'P2P messages need no subscription and nobody may subscribe to them',
  'qos2-flood': 'too many QoS 2 messages await PUBREL',
  'takeover-timeout': 'the earlier connection of this Client ID did not end in time',
  'instance-expired': 'the instance has expired',
  'connections-ceiling': 'the instance holds as many connections as its specification allows',
  'subscriptions-ceiling': 'the instance holds as many subscriptions as its specification allows',
  'subscriptions-exceeded': 'the client holds as many subscriptions as it may',
  'wildcards-exceeded': 'the parent topic has as many wildcard filters as it may',
  'shared-subscription-off': 'shared subscriptions are switched off in this instance: subscribe to the filter itself',
  'share-malformed': 'a shared subscription has the form $share/<name>/<filter>',

  // control API (api/)
  'request-unsigned': 'the control API needs a signed request: send Authorization, as docs/control-api.md shows, or log in to the console',
  'authorization-malformed': 'the Authorization header does not have the form of a signed request',
  'timestamp-outside-tolerance': 'the request was signed too long ago, or in the future',
  'request-signature-wrong': 'the AccessKey does not exist in this instance, or the signature is not the one of this request',
  'body-changed': 'the body is not the one that was signed',
  'nonce-used': 'a request with this nonce was answered already',
  'access-denied': 'only an AccessKey with access to everything of its account administers',
  'account-denied': 'this belongs to another account',
  'rate-exceeded': 'this AccessKey or console user sends too many requests',
  'request-malformed': 'the request does not have the form that this operation takes',
  'body-too-large': 'the body is larger than this operation takes',
  'console-session-ended': 'there is no such session of the console, or it has ended, or its user was changed',
  'login-refused': 'there is no such user of the console, or the password is another one',
  'login-rate-exceeded': 'too many log-ins were tried',
  'console-header-missing': 'what the console changes carries a header that no other page can send',
  'origin-foreign': 'the request comes from a page that this gateway did not send',
  'console-off': 'this instance has no console',
  'operation-unknown': 'the control API has no such operation',
  'not-ready': 'the gateway cannot answer now',
  'documents-contended': 'others changed the topics and groups of this instance again and again meanwhile',
  'rule-broken': 'a rule of the declaration is broken',
  'topic-unknown': 'this instance has no such parent topic',
  'topic-exists': 'this instance has a parent topic of this name',
  'topic-declared': 'the parent topic is declared, and what a deploy declares a deploy removes',
  'group-not-found': 'this instance has no such group',
  'group-exists': 'this instance has a group of this name',
  'group-declared': 'the group is declared, and what a deploy declares a deploy removes',
  'session-unknown': 'there is no session of this Client ID: the client is not connected, and nothing is kept for it',
  'message-unknown': 'no message of this Message ID is stored: it never was, or retention has removed it',
  'client-offline': 'the client has no connection',
  'token-unknown': 'this storage made no such token',
  'credential-not-found': 'the Client ID has no device credential that can be read',
  'credential-contended': 'somebody else changed this device credential at the same moment',
  'devices-exceeded': 'the account has as many device credentials as it may',
  'revocations-exceeded': 'the account has as many revoked tokens that have not expired as it may',
  'webhook-undeclared': 'this instance has no webhook, so nobody can be told',
  'payload-malformed': 'the payload is not in the encoding that was named',
  'tps-ceiling': 'the instance passes as many messages a second as its specification allows',
  'store-full': 'the store has no room for what was to be kept',
  'internal-error': 'a fault of the gateway: its log says more',

  // certificates
  'certificate-malformed': 'the certificate or its private key cannot be used',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** A refusal with everything a log line needs. `message` never holds a secret. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/** The code's sentence, with what was got and what is allowed where that helps. */
export function refusal(code: ErrorCode, detail?: string): Refusal {
  return { code, message: detail === undefined ? ERRORS[code] : `${ERRORS[code]} (${detail})` };
}

/** A refusal thrown or handed to a callback. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: ErrorCode;

  constructor(reason: Refusal) {
    super(reason.message);
    this.code = reason.code;
  }
}
