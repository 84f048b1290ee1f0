// The base image: everything a container of ours needs, made without pulling any image.
//
// One image serves as the gateway's base image, the store image and the front image, so redis-server, haproxy and node
// are all in it.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, cpSync, chmodSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashText } from '../../scripts/lib/hash.mjs';
import { cacheRoot } from '../../scripts/lib/paths.mjs';
import { ask, run } from '../../scripts/lib/run.mjs';
import { aptSource } from './apt.mjs';

/** From the npm package that carries the binary itself. */
const NODE_VERSION = '24.21.0';
const PACKAGES = ['redis-server', 'haproxy', 'ca-certificates', 'findutils'];

function recipe() {
  const source = aptSource();
  if (!source) throw new Error('apt names no Debian or Ubuntu mirror to make the base image from');
  const hash = hashText([readFileSync(fileURLToPath(import.meta.url), 'utf8'), source.release, process.arch].join('\0')).slice(0, 12);
  return { ...source, hash, tarball: path.join(cacheRoot, `base-image-${hash}`, 'rootfs.tar'), image: `mqttgw-test-base:${hash}` };
}

/** Is the tarball made already, so that debootstrap is not needed? */
export function hasTarball() {
  try {
    return existsSync(recipe().tarball);
  } catch {
    return false;
  }
}

async function addNode(work, rootfs) {
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  await run('npm', ['pack', '--silent', '--pack-destination', work, `node-linux-${arch}@${NODE_VERSION}`], { cwd: work });
  const archive = readdirSync(work).find((name) => name.endsWith('.tgz'));
  await run('tar', ['-xzf', path.join(work, archive), '-C', work, 'package/bin/node']);
  const target = path.join(rootfs, 'usr/local/bin/node');
  cpSync(path.join(work, 'package/bin/node'), target);
  chmodSync(target, 0o755);
  // The official Node images have this user, and a Dockerfile may name it.
  await run('chroot', [rootfs, 'useradd', '--uid', '1000', '--create-home', '--shell', '/bin/sh', 'node']);
}

/** Makes the tarball of the image's file system. */
export async function makeTarball() {
  const { origin, mirror, release, tarball } = recipe();
  const folder = path.dirname(tarball);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(path.join(folder, 'build-'));
  try {
    const rootfs = path.join(work, 'rootfs');
    const components = origin === 'Ubuntu' ? ['--components=main,universe'] : [];
    await run('debootstrap', ['--variant=minbase', ...components, `--include=${PACKAGES.join(',')}`, release, rootfs, mirror], {
      env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    await addNode(work, rootfs);
    const left = ['var/cache/apt/archives', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'];
    await run('tar', ['-C', rootfs, ...left.map((name) => `--exclude=./${name}/*`), '-cf', path.join(work, 'rootfs.tar'), '.']);
    renameSync(path.join(work, 'rootfs.tar'), tarball);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Gives the image's name, after loading it into the engine unless it is there. */
export async function loadImage(docker) {
  const { image, tarball } = recipe();
  if (ask(docker, ['image', 'inspect', '--format', '{{.Id}}', image]) === undefined) {
    const path_ = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    await run(docker, ['import', '--change', path_, '--change', 'CMD ["sh"]', tarball, image]);
  }
  return image;
}
