/** An error that a user can mend: its message says what was got, what is allowed and how to fix it, and is shown without a stack. */

/** Exit codes of `mqttgw`, for scripts. */
export const EXIT = {
  ok: 0,
  /** Refused, or failed for a reason that the message names. */
  failed: 1,
  /** Wrong options or arguments. */
  usage: 2,
  /** The store, or the gateway, cannot be reached. */
  unreachable: 3,
  /** What was waited for did not happen in time. */
  timeout: 4,
  /** A port or the data folder is used by another process. */
  inUse: 5,
  /** A fault of this program. */
  internal: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export class UserError extends Error {
  override readonly name = 'UserError';
  constructor(message: string, readonly exitCode: ExitCode = EXIT.failed, options?: ErrorOptions) {
    super(message, options);
  }
}
