/** Users of a store for backend services (S1): what they are called, and their passwords (A6). */
import { Finding, Unknown, allKnown, show } from './finding';
import { checkBackendUserName, duplicate, repeated } from './names';
import { checkPassword } from './secrets';

export interface BackendUserDeclaration {
  readonly name: string;
  /** Undefined: made at deploy. */
  readonly password?: string;
}

/** Apart from the other users of a server: no storage's own user has a dot in its name. */
export function backendUserPrefix(storageUser: string): string {
  return `${storageUser}.`;
}

export function checkBackendUser({ name, password }: BackendUserDeclaration, unknown: Unknown = allKnown): Finding[] {
  return [
    ...(unknown(name) ? [] : checkBackendUserName(name)),
    ...(password === undefined || unknown(password) ? [] : checkPassword(`password of backend user ${unknown(name) ? 'of this construct' : show(name)}`, password)),
  ];
}

/** All of one storage, when every name is known. */
export function checkBackendUsers(users: readonly BackendUserDeclaration[]): Finding[] {
  return [
    ...users.flatMap((user) => checkBackendUser(user)),
    ...repeated(users, ({ name }) => name, false)
      .map(({ value }) => duplicate('S1', 'backend user name', value, 'its storage instance', 'another one', false)),
  ];
}
