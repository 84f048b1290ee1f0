/** How many cores this process may use: what the system shows, or less where a container's CPU limit says so. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export type ReadText = (file: string) => string;

/** A worker needs a core of its own: 1.5 cores feed one, and the half is for the kernel's side of the network. */
export function availableCores(read: ReadText = (file) => readFileSync(file, 'utf8'), visible: number = os.availableParallelism()): number {
  return Math.max(1, Math.floor(Math.min(visible, cgroupCores(read))));
}

/** Linux only; elsewhere nothing can be read, and nothing limits. */
function cgroupCores(read: ReadText): number {
  const attempt = (file: string): string | undefined => {
    try {
      return read(file).trim();
    } catch {
      return undefined;
    }
  };
  const version1 = (folder: string): number => quotaOf(attempt(`${folder}/cpu.cfs_quota_us`), attempt(`${folder}/cpu.cfs_period_us`));
  return Math.min(
    ...ownFolders(attempt('/proc/self/cgroup')).map((folder) => quotaOf(...words(attempt(path.posix.join(folder, 'cpu.max'))))),
    version1('/sys/fs/cgroup/cpu'), version1('/sys/fs/cgroup/cpu,cpuacct'),
  );
}

/** cgroup 2: the folder of this process and all above it, each of which may hold a limit. Inside a container it is the root. */
function ownFolders(membership: string | undefined): string[] {
  const own = /^0::(\/.*)$/m.exec(membership ?? '')?.[1] ?? '/';
  const folders: string[] = [];
  for (let folder = own; ; folder = path.posix.dirname(folder)) {
    folders.push(path.posix.join('/sys/fs/cgroup', folder));
    if (folder === '/') return folders;
  }
}

function words(text: string | undefined): [string | undefined, string | undefined] {
  const [first, second] = (text ?? '').split(/\s+/);
  return [first, second];
}

/** `max` or -1: no limit. */
function quotaOf(quota: string | undefined, period: string | undefined): number {
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : Infinity;
}
