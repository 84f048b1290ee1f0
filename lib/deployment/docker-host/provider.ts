/** The Docker provider of a region's host. */
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformProvider, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { HostAddress } from '../deployment';
import { namePart, shortHash } from './names';

/** 3.x, which the bindings ask for, deletes stopped containers while it plans. */
const VERSIONS = '>= 4.5.0, < 5.0.0';

export function dockerProvider(scope: Construct, host: HostAddress, given: TerraformProvider | undefined): TerraformProvider {
  TerraformStack.of(scope).addOverride('terraform.required_providers.docker.version', VERSIONS);
  if (given) return given;
  return new DockerProvider(scope, 'Provider', {
    alias: `${namePart(scope.node.id).replace(/^(?=[0-9])/, '_')}-${shortHash(scope.node.path, 6)}`,
    host: host.url,
    certPath: host.certPath,
    sshOpts: host.sshOptions,
  });
}
