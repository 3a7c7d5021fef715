import {createHash} from 'node:crypto';
import {copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {must} from './disk.ts';
import {which} from './machine.ts';

const ARCHITECTURES: Record<string, string> = {x64: 'amd64', arm64: 'arm64'};
/** Commands that containers of tests run. */
const APPLETS = ['sh', 'sleep', 'cat', 'echo', 'true', 'false', 'dd'];

/** Makes a root file system of nothing but busybox (static) and links to it. */
export function makeRoot(folder: string): void {
  for (const name of ['bin', 'dev', 'etc', 'proc', 'run', 'sys', 'tmp'])
    mkdirSync(join(folder, name), {recursive: true});
  const busybox = which('busybox');
  if (!busybox) throw new Error('busybox is not installed');
  copyFileSync(busybox, join(folder, 'bin/busybox'));
  for (const name of APPLETS) symlinkSync('busybox', join(folder, 'bin', name));
}

/**
 * Writes an image of such a root file system as an archive in the OCI layout, for `ctr images import`.
 *
 * @param name with its tag, as a user writes it
 * @param command what its containers run if nobody says otherwise
 */
export function makeImage(archive: string, name: string, command: readonly string[]): void {
  const work = mkdtempSync(join(tmpdir(), 'kstop-image-'));
  const layout = join(work, 'layout');
  const blobs = join(layout, 'blobs/sha256');
  mkdirSync(blobs, {recursive: true});
  const blob = (mediaType: string, bytes: Buffer | string) => {
    const hash = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hash), bytes);
    return {mediaType, digest: `sha256:${hash}`, size: Buffer.byteLength(bytes)};
  };
  const type = (of: string) => `application/vnd.oci.image.${of}`;
  try {
    makeRoot(join(work, 'root'));
    must('tar', '-C', join(work, 'root'), '--owner=0', '--group=0', '-cf', join(work, 'layer.tar'), '.');
    const layer = blob(type('layer.v1.tar'), readFileSync(join(work, 'layer.tar')));
    const platform = {architecture: ARCHITECTURES[process.arch] ?? process.arch, os: 'linux'};
    const config = {
      ...platform,
      config: {Entrypoint: command, Env: ['PATH=/bin']},
      rootfs: {type: 'layers', diff_ids: [layer.digest]},
    };
    const manifest = {
      schemaVersion: 2,
      mediaType: type('manifest.v1+json'),
      config: blob(type('config.v1+json'), JSON.stringify(config)),
      layers: [layer],
    };
    const described = blob(type('manifest.v1+json'), JSON.stringify(manifest));
    const annotations = {'io.containerd.image.name': name};
    const index = {schemaVersion: 2, manifests: [{...described, platform, annotations}]};
    writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
    writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    must('tar', '-C', layout, '-cf', archive, '.');
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}
