import { Construct } from 'constructs';
import { TerraformProvider } from 'cdktf';
import { Container } from '@cdktf/provider-docker/lib/container';

/** Properties. */
export interface RegionProps {
  /** A provider. @default - made */
  readonly provider?: TerraformProvider;
}

/** A region. */
export class Region extends Construct {
  constructor(scope: Construct, id: string, _props: RegionProps = {}) {
    super(scope, id);
    if (id === 'x') { new Container(this, 'c', { image: 'x', name: 'y' }); }
  }
}
