/** Which deployment a Region gets. Rule tests put one in place that only records. */
import type { Construct } from 'constructs';
import type { RegionDeployment, RegionDeploymentProps } from '../deployment/deployment';
import { createDockerHostDeployment } from '../deployment/docker-host';

export type DeploymentFactory = (scope: Construct, props: RegionDeploymentProps) => RegionDeployment;

let factory: DeploymentFactory = createDockerHostDeployment;

export function createDeployment(scope: Construct, props: RegionDeploymentProps): RegionDeployment {
  return factory(scope, props);
}

/** Returns the one that was in place. */
export function replaceDeploymentFactory(next: DeploymentFactory): DeploymentFactory {
  const before = factory;
  factory = next;
  return before;
}
