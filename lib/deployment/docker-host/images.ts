/** Images of a region, each made when something first needs it. */
import { Image } from '@cdktf/provider-docker/lib/image';
import { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { RegionDeploymentProps } from '../deployment';
import { BuildContext } from './build-context';
import { addressed } from './logical-ids';

type Role = 'gateway' | 'store' | 'front';

export class Images {
  private readonly made = new Map<Role, Image>();

  constructor(
    private readonly scope: Construct,
    private readonly provider: TerraformProvider,
    private readonly props: Pick<RegionDeploymentProps, 'images' | 'host' | 'regionId'>,
    private readonly prefix: string,
  ) {}

  /** The gateway's image also runs the hand-overs. */
  public gateway(): Image {
    return this.once('gateway', () => {
      const { gateway } = this.props.images;
      return gateway === undefined ? this.build() : this.byName('GatewayImage', gateway);
    });
  }

  public store(): Image {
    return this.once('store', () => this.byName('StoreImage', this.props.images.store));
  }

  public front(): Image {
    return this.once('front', () => this.byName('FrontImage', this.props.images.front));
  }

  private once(role: Role, make: () => Image): Image {
    const image = this.made.get(role) ?? make();
    this.made.set(role, image);
    return image;
  }

  private byName(id: string, name: string): Image {
    // images are a cache of the host, shared with other stacks: they are left there
    return addressed(new Image(this.scope, id, { provider: this.provider, name, keepLocally: true, lifecycle: { createBeforeDestroy: true } }));
  }

  private build(): Image {
    const { host, images, regionId } = this.props;
    if (!host.local) {
      throw new Error(`[${this.scope.node.path}] region "${regionId}" has no gateway image: images cannot be built on the remote host ${host.url}; name a prebuilt one`);
    }
    const context = new BuildContext(this.scope, 'GatewayImageContext');
    return addressed(new Image(this.scope, 'GatewayImage', {
      provider: this.provider,
      name: `${this.prefix}-gateway:${context.hash}`,
      keepLocally: true,
      triggers: { context: context.hash, base: images.base },
      buildAttribute: { context: context.path, dockerfile: 'Dockerfile', buildArgs: { BASE_IMAGE: images.base } },
      lifecycle: { createBeforeDestroy: true },
    }));
  }
}
