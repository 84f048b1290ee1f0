import { Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import { BackendUserFacts, registerFacts } from './private/facts';
import { storageFactsOf } from './private/owners';
import { checkPropTypes } from './private/prop-types';
import { ofStack, sameStack, unresolved } from './private/support';
import { urlEncoded } from './private/url-encoded';
import { validateProgram } from './private/validation';
import { backendUserPrefix } from './rules/backend-users';
import type { IStorageInstance } from './storage-instance';

/** Options of a user for backend services. */
export interface BackendUserOptions {
  /**
   * Name, 1 to 64 of letters, digits, `-` and `_`, unique in its storage instance.
   * @default - the construct id
   */
  readonly name?: string;
  /**
   * Password, at least 8 characters. Give a sensitive Terraform variable rather than plain text.
   * @default - generated at the first deploy and kept
   */
  readonly password?: string;
}

/** Properties of a BackendUser. */
export interface BackendUserProps extends BackendUserOptions {
  /** The storage instance that it may use; declared in the same stack, in a store that the deploy runs. */
  readonly storageInstance: IStorageInstance;
}

/**
 * A user of the store for a service that stands beside it and needs no MQTT (S1): it may write into the inboxes of topics,
 * read their logs, also in consumer groups, and follow status events, of this storage instance alone.
 *
 * Its values are known once the store has the user, so whatever is made with them waits for that.
 *
 * @example
 * import { App, TerraformOutput, TerraformStack } from 'cdktf';
 * import { MqttInstance, Region } from 'cdktf-mqtt-gateway';
 *
 * const stack = new TerraformStack(new App(), 'plant');
 * const mqtt = new MqttInstance(stack, 'machines', { region: new Region(stack, 'local') });
 * const worker = mqtt.bindToNewStandardStorage().storageInstance.addBackendUser('worker');
 * new TerraformOutput(stack, 'worker_redis_url', { value: worker.url, sensitive: true });
 */
export class BackendUser extends Construct {
  /** Name in the declaration. */
  public readonly backendUserName: string;
  /** Name to sign in with: that of the storage's own user, a dot, and this user's name. */
  public readonly username: string;
  /** Password: given, or generated at deploy. Sensitive. */
  public readonly password: string;
  /** URL of the store with user and password, as Redis clients take it. Sensitive. */
  public readonly url: string;
  /** Host name of the store, inside the network. */
  public readonly host: string;
  /** Port of the store, inside the network. */
  public readonly port: number;
  /** Docker network of the store: a container that joins it reaches `host`. */
  public readonly networkName: string;
  /** Key space of the storage instance: keys begin with `{<storageId>}:`. */
  public readonly storageId: string;

  constructor(scope: Construct, id: string, props: BackendUserProps) {
    super(scope, id);
    checkPropTypes(this, 'backendUser', props);
    this.backendUserName = props.name ?? id;
    this.storageId = props.storageInstance.storageId;
    this.networkName = props.storageInstance.networkName;
    const storage = storageFactsOf(this, props.storageInstance);
    const { deployment } = storage;
    const region = storage.region?.deployment;
    const ours = storage.origin === 'declared' && sameStack(storage.construct, this);
    const password = props.password ?? (ours ? region?.generateSecret(this, 'Password') : undefined) ?? '';
    const store = deployment && !unresolved(deployment.url) ? new URL(deployment.url) : undefined;
    this.host = store?.hostname ?? '';
    this.port = Number(store?.port ?? 0);
    const username = `${backendUserPrefix(deployment?.username ?? '')}${this.backendUserName}`;
    const known = (value: string) => (ours && deployment ? ofStack(this, deployment.onceAccepted(value)) : '');
    this.username = known(username);
    // marked also where a program gives plain text: neither belongs into a plan (A6)
    const secret = (value: string) => known(Token.asString(Fn.sensitive(value)));
    this.password = secret(password);
    this.url = secret(`redis://${username}:${urlEncoded(password)}@${this.host}:${this.port}`);
    const facts: BackendUserFacts = registerFacts({
      kind: 'backendUser', construct: this, name: this.backendUserName, givenPassword: props.password, password, storage,
    });
    if (ours) {
      storage.backendUsers.push(facts);
      // the password is not among the fields: a plan shows names alone (A6)
      region?.showInPlan(this, 'backend-user', () => ({ name: facts.name, storage: storage.storageId }));
      this.node.defaultChild = this.node.tryFindChild('backend-user');
    }
    validateProgram(this);
  }
}
