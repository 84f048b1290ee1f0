import { TOKEN_CODES, type TokenProblem, type TokenType } from '../auth/credentials-service';
import type { HandedOut } from '../auth/handed-out';
import { grantToken, permitsType, TOKEN_BYTES, TOKEN_TYPES, type GrantedToken } from '../auth/token';
import { ERRORS, type ErrorCode } from '../errors';
import { EVENTS, type EventName } from '../events';
import { LIMITS } from '../limits';
import type { ClientConnection } from './client-connection';
import { encodePublish } from './publish-frame';

export const UPLOAD_TOPIC = '$SYS/uploadToken';
/** The largest token and what stands around it, whatever the instance's payload limit is. */
const UPLOAD_BYTES = TOKEN_BYTES + 1_024;
const EXPIRE_TOPIC = '$SYS/tokenExpireNotice';
const INVALID_TOPIC = '$SYS/tokenInvalidNotice';

export interface ClientTokensContext {
  readonly handedOut: HandedOut;
  event(name: EventName, connection: ClientConnection | null, fields: { readonly [name: string]: unknown }): void;
}

/**
 * Tokens of clients that are connected (A2): replaced by what a client uploads, announced before they expire, and closed with
 * when they end. Notices are written to the client past its session: no log holds them and no subscription asks for them.
 */
export class ClientTokens {
  /** What each client was told of its tokens' expiry. */
  private readonly clients = new Map<ClientConnection, Set<GrantedToken>>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly context: ClientTokensContext) {}

  start(): void {
    this.timer ??= setInterval(() => this.look(), LIMITS.tokenLookMs);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** What a client may send in one PUBLISH; other topics than that of uploads are held to the instance's limit by its rights. */
  payloadLimit({ principal }: ClientConnection, instanceLimit: number): number {
    return principal!.tokens === undefined ? instanceLimit : Math.max(instanceLimit, UPLOAD_BYTES);
  }

  join(connection: ClientConnection): void {
    if (connection.principal!.tokens !== undefined) this.clients.set(connection, new Set());
  }

  leave(connection: ClientConnection): void {
    this.clients.delete(connection);
  }

  /** What ended a token of a client between its CONNECT and now; null: nothing. */
  problemOf({ principal }: ClientConnection): TokenProblem | null {
    return this.firstProblem(principal!.tokens ?? [], Date.now())?.problem ?? null;
  }

  /** `{"token", "type"}` takes the place of the client's token of that type. Answers why it is refused, and has told the client; null: it stands. */
  upload(connection: ClientConnection, payload: Buffer): ErrorCode | null {
    const principal = connection.principal!;
    const given = parseUpload(payload);
    if (given === null) return this.refuse(connection, 'forged', '');
    const { type, token } = given;
    const verdict = this.context.handedOut.judgeToken(token);
    if (!verdict.ok) return this.refuse(connection, verdict.problem, type);
    const { claims } = verdict;
    if (claims.keyId !== principal.keyId || !this.context.handedOut.isOfInstance(claims)) return this.refuse(connection, 'account', type);
    if (!permitsType(claims, type)) return this.refuse(connection, 'permission', type);
    connection.principal = { ...principal, tokens: [...principal.tokens!.filter((other) => other.type !== type), grantToken(type, claims)] };
    this.context.event(EVENTS.tokenReplaced, connection, { type, tokenId: claims.id, expireTime: claims.expiresAt });
    return null;
  }

  /** Tells a client why its token does not do; whoever calls closes it. */
  refuse(connection: ClientConnection, problem: TokenProblem, type: string): ErrorCode {
    const code: ErrorCode = `token-${problem}`;
    this.tell(connection, INVALID_TOPIC, { code: TOKEN_CODES[problem], type });
    this.context.event(EVENTS.tokenInvalid, connection, { reason: code, type, detail: ERRORS[code] });
    return code;
  }

  /** A PUBLISH that no token allows: the client is told which of them does not do. */
  refusePublish(connection: ClientConnection, code: ErrorCode): void {
    const { tokens } = connection.principal!;
    const problem = PROBLEMS.get(code);
    if (tokens === undefined || problem === undefined) return;
    this.refuse(connection, problem, (tokens.find(({ type }) => type.includes('W')) ?? tokens[0]!).type);
  }

  /** Its key, account or group is gone or changed, and with it its tokens. */
  accountEnded(connection: ClientConnection): void {
    const tokens = connection.principal?.tokens;
    if (tokens === undefined) return;
    const problem = this.firstProblem(tokens, Date.now()) ?? { problem: 'account' as const, type: tokens[0]!.type };
    this.refuse(connection, problem.problem, problem.type);
  }

  revoked(tokenId: string): void {
    for (const connection of [...this.clients.keys()]) {
      const token = connection.principal!.tokens!.find(({ claims }) => claims.id === tokenId);
      if (token !== undefined) this.end(connection, 'revoked', token.type);
    }
  }

  private look(): void {
    const now = Date.now();
    for (const [connection, told] of [...this.clients]) {
      const tokens = connection.principal!.tokens!;
      const ended = this.firstProblem(tokens, now);
      if (ended !== null) this.end(connection, ended.problem, ended.type);
      else if (connection.ready) this.announce(connection, tokens, told, now);
    }
  }

  private announce(connection: ClientConnection, tokens: readonly GrantedToken[], told: Set<GrantedToken>, now: number): void {
    for (const token of told) if (!tokens.includes(token)) told.delete(token);
    for (const token of tokens) {
      if (told.has(token) || token.claims.expiresAt - now > LIMITS.tokenNoticeMs) continue;
      told.add(token);
      this.tell(connection, EXPIRE_TOPIC, { expireTime: token.claims.expiresAt, type: token.type });
    }
  }

  private firstProblem(tokens: readonly GrantedToken[], now: number): { readonly problem: TokenProblem; readonly type: TokenType } | null {
    for (const { type, claims } of tokens) {
      if (claims.expiresAt <= now) return { problem: 'expired', type };
      if (this.context.handedOut.isRevoked(claims.id)) return { problem: 'revoked', type };
    }
    return null;
  }

  private end(connection: ClientConnection, problem: TokenProblem, type: TokenType): void {
    const code = this.refuse(connection, problem, type);
    connection.keptWill = null; // what it may not publish any more, it does not publish by its will either
    this.leave(connection);
    connection.close(code);
  }

  private tell(connection: ClientConnection, topic: string, notice: object): void {
    if (connection.ready) connection.write(encodePublish({ topic, payload: Buffer.from(JSON.stringify(notice)), qos: 0 }));
  }
}

const PROBLEMS = new Map(Object.keys(TOKEN_CODES).map((problem) => [`token-${problem}`, problem as TokenProblem]));

function parseUpload(payload: Buffer): { readonly type: TokenType; readonly token: string } | null {
  try {
    const { token, type } = JSON.parse(payload.toString()) as { token?: unknown; type?: unknown };
    return typeof token === 'string' && TOKEN_TYPES.includes(type as TokenType) ? { token, type: type as TokenType } : null;
  } catch {
    return null;
  }
}
