import {mkdirSync, mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {containerOf} from '../../src/containers/path.ts';
import {containerFilter, placedContainers} from '../../src/sources/container-filter.ts';
import {serveDocker, serveRaw} from '../containers/stand-in.ts';

const A = 'a1'.repeat(32);
const B = 'b2'.repeat(32);

/** Folders in the place of a cgroup hierarchy. */
function hierarchy(t: ExecutionContext, ...paths: string[]): string {
  const mount = mkdtempSync(join(tmpdir(), 'kstop-cgroups-'));
  t.teardown(() => rmSync(mount, {recursive: true}));
  for (const path of paths) mkdirSync(join(mount, path), {recursive: true});
  return mount;
}

const docker = (path: string) => ({path, runtime: 'docker', protocol: 'docker'}) as const;

test('stand-in folders: each container with its outermost cgroup, those within others too', (t) => {
  const mount = hierarchy(t, `docker/${A}/init/x`, `docker/${A}/docker/${B}/y`, 'system.slice/cron.service');
  symlinkSync(mount, join(mount, 'round'));
  const placed = placedContainers(mount, containerOf).sort((a, b) => a.cgroup.length - b.cgroup.length);
  t.deepEqual(
    placed.map(({container, cgroup}) => [container.id, cgroup]),
    [
      [A, `/docker/${A}`],
      [B, `/docker/${A}/docker/${B}`],
    ],
  );
});

test('a name is asked of the runtime (a stand-in), the begin of an id needs none', async (t) => {
  const mount = hierarchy(t, `docker/${A}`, `docker/${B}`);
  const list = [{Id: A, Names: ['/web'], Image: 'nginx:1'}];
  const sockets = [docker(await serveDocker(t, () => JSON.stringify(list)))];
  const container = {id: A, runtime: 'docker', name: 'web', image: 'nginx:1'};
  t.deepEqual(await containerFilter('web', {mount, sockets}), {cgroup: `/docker/${A}`, container});
  t.deepEqual(await containerFilter('b2b2', {mount, sockets: []}), {
    cgroup: `/docker/${B}`,
    container: {id: B, runtime: 'docker'},
  });
});

test('what is not there is told, with what the runtime (a stand-in) could not say', async (t) => {
  const mount = hierarchy(t, `docker/${A}`);
  const sockets = [docker(await serveRaw(t, (socket) => socket.end('SSH-2.0-x\r\n')))];
  const error = await t.throwsAsync(containerFilter('web', {mount, sockets}), {name: 'FilterError'});
  t.like(error, {what: '--container'});
  t.regex((error as unknown as {why: string}).why, /^'web' is none of the containers here: a1a1\S+; socket of docker/);
  await t.throwsAsync(containerFilter('web', {mount: join(mount, 'none'), sockets: []}), {
    message: /no container is to be seen here/,
  });
});
