/**
 * A hand-over that explains itself and can be repeated. A container takes the documents in and is healthy as soon as it
 * has an answer, yes or no, which is the last line of its log. Terraform reads that line, and a precondition stops the
 * deploy with the container's own sentence. Deploying again reads again.
 */
import { Container } from '@cdktf/provider-docker/lib/container';
import { DataDockerLogs } from '@cdktf/provider-docker/lib/data-docker-logs';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { makeContainer } from './container';
import { ASK_READY_FILE, READY_FILE } from './health';
import { OwnLabels } from './labels';
import { addressed } from './logical-ids';
import type { RegionContext } from './region';
import { TerraformData } from './terraform-data';

const FOLDER = '/etc/mqttgw';
/** In the container, so that it lives as long: started again it is as old as it was, made anew it is newer. */
const GENERATION_FILE = '/tmp/mqttgw-generation';
const MEMORY_MEGABYTES = 192;

export interface HandOverProps {
  readonly name: string;
  /** File name → content. */
  readonly documents: { readonly [file: string]: string };
  readonly labels: Pick<OwnLabels, 'instance' | 'storage'>;
  readonly userLabels: { [key: string]: string };
  readonly dependsOn: ITerraformDependable[];
  readonly otherNetwork?: string;
  /** The gateway itself takes the documents in: the hand-over goes before it and comes after it. */
  readonly into?: Container;
}

/** Stands once the documents were accepted. */
export function makeHandOver(context: RegionContext, scope: Construct, props: HandOverProps): TerraformData {
  const container = makeContainer(context, scope, 'HandOver', {
    name: props.name,
    // Several replicas depend on it and are created before they are destroyed; so must this be. What a container depends on
    // that is created first would be created first too, so not with a gateway that owns ports and a volume.
    naming: props.into ? 'fixed' : 'unique',
    image: context.images.gateway().imageId,
    command: ['hand-over', '--dir', FOLDER, '--ready-file', READY_FILE, '--generation-file', GENERATION_FILE],
    unprivileged: true,
    aliases: [],
    otherNetwork: props.otherNetwork,
    files: Object.entries(props.documents).map(([file, content]) => ({ path: `${FOLDER}/${file}`, content })),
    health: { ask: ASK_READY_FILE, startSeconds: 120 },
    waitSeconds: 180,
    stopSeconds: 10,
    memoryMegabytes: MEMORY_MEGABYTES,
    // The log of a terminal has no frame headers: a header may hold a line feed, at which the provider's reader breaks off.
    terminal: true,
    labels: { ...props.labels, role: 'hand-over' },
    userLabels: props.userLabels,
    dependsOn: props.into ? [...props.dependsOn, props.into] : props.dependsOn,
    replacedWith: props.into,
  });
  return readAnswer(context, scope, container, props.into ? 'gateway' : 'store');
}

function readAnswer(context: RegionContext, scope: Construct, container: Container, place: 'gateway' | 'store'): TerraformData {
  const logs = addressed(new DataDockerLogs(scope, 'Answer', {
    provider: context.provider, name: container.name, tail: '1', logsListStringEnabled: true, discardHeaders: false, dependsOn: [container],
  }));
  const line = `try(trimspace(reverse(data.docker_logs.${logs.friendlyUniqueId}.logs_list_string)[0]), "")`;
  const accepted = addressed(new TerraformData(scope, 'Accepted', { input: `\${${line}}` }));
  accepted.addOverride('lifecycle.precondition', [{
    condition: `\${startswith(${line}, "ACCEPTED ")}`,
    error_message: `\${startswith(${line}, "REFUSED ") ? replace(${line}, "/^REFUSED [0-9a-f]*: */", "") : "the hand-over in container \${${container.terraformResourceType}.${container.friendlyUniqueId}.name} has no answer yet; deploy again when its ${place} is up. Its last words: \${${line}}"}`,
  }]);
  return accepted;
}
