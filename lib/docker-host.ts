import type { HostAddress } from './deployment/deployment';

/** Options of a Docker host reached through SSH. */
export interface SshDockerHostOptions {
  /**
   * Options of the `ssh` command, such as `['-i', '/keys/deploy']`.
   * @default - none
   */
  readonly sshOptions?: string[];
}

/** Options of a Docker host reached through TCP. */
export interface TcpDockerHostOptions {
  /**
   * Folder with `ca.pem`, `cert.pem` and `key.pem`.
   * @default - no certificates: whoever reaches the port owns the host
   */
  readonly certPath?: string;
}

/** The Docker host that a Region deploys to. */
export class DockerHost {
  /**
   * The engine of the machine that runs Terraform.
   * @param socketPath path of its socket; default `/var/run/docker.sock`
   */
  public static local(socketPath?: string): DockerHost {
    return new DockerHost({ url: `unix://${socketPath ?? '/var/run/docker.sock'}`, local: true });
  }

  /**
   * An engine reached through SSH. Images cannot be built there: the Region needs a `gatewayImage`.
   * @param destination `user@host` or `user@host:port`
   */
  public static ssh(destination: string, options: SshDockerHostOptions = {}): DockerHost {
    return new DockerHost({ url: `ssh://${destination}`, sshOptions: options.sshOptions, local: false });
  }

  /**
   * An engine reached through TCP. Images cannot be built there: the Region needs a `gatewayImage`.
   * @param address `host:port`, such as `docker.example.com:2376`
   */
  public static tcp(address: string, options: TcpDockerHostOptions = {}): DockerHost {
    return new DockerHost({ url: `tcp://${address}`, certPath: options.certPath, local: false });
  }

  /** @internal */
  public readonly _address: HostAddress;

  private constructor(address: HostAddress) {
    this._address = address;
  }

  /** Address as the Docker provider takes it, such as `unix:///var/run/docker.sock`. */
  public get url(): string {
    return this._address.url;
  }
}
