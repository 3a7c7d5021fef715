import test from 'ava';
import fc from 'fast-check';
import {containerOf, type PathContainer, unitOf} from '../../src/containers/path.ts';

const A = 'a1'.repeat(32);
const B = '0f'.repeat(32);
const UID = '1c2d3e4f-0011-2233-4455-66778899aabb';
const UNDERSCORED = UID.replaceAll('-', '_');
const user = '/user.slice/user-1000.slice/user@1000.service';

const CONTAINERS: [name: string, path: string, expected: PathContainer][] = [
  ['docker, cgroupfs', `/docker/${A}`, {id: A, runtime: 'docker'}],
  ['docker, systemd', `/system.slice/docker-${A}.scope`, {id: A, runtime: 'docker'}],
  ['docker, rootless', `${user}/app.slice/docker-${A}.scope`, {id: A, runtime: 'docker'}],
  ['docker with a parent of its own', `/batch.slice/docker-${A}.scope`, {id: A, runtime: 'docker'}],
  ['docker in docker', `/docker/${A}/docker/${B}`, {id: B, runtime: 'docker'}],
  ['docker in docker, unified', `/system.slice/docker-${A}.scope/docker/${B}`, {id: B, runtime: 'docker'}],
  ['a folder that a container made', `/docker/${A}/init`, {id: A, runtime: 'docker'}],
  ['systemd in docker', `/docker/${A}/system.slice/nginx.service`, {id: A, runtime: 'docker'}],
  [
    'kubernetes, cgroupfs, burstable',
    `/kubepods/burstable/pod${UID}/${A}`,
    {id: A, pod_uid: UID, qos: 'burstable', runtime: undefined},
  ],
  [
    'kubernetes, cgroupfs, guaranteed',
    `/kubepods/pod${UID}/${A}`,
    {id: A, pod_uid: UID, qos: 'guaranteed', runtime: undefined},
  ],
  [
    "a test's pod",
    `/kubepods/burstable/poduid-4711/${A}`,
    {id: A, pod_uid: 'uid-4711', qos: 'burstable', runtime: undefined},
  ],
  [
    'containerd, systemd, burstable',
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORED}.slice/cri-containerd-${A}.scope`,
    {id: A, runtime: 'containerd', pod_uid: UID, qos: 'burstable'},
  ],
  [
    'containerd, systemd, besteffort',
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UNDERSCORED}.slice/cri-containerd-${A}.scope`,
    {id: A, runtime: 'containerd', pod_uid: UID, qos: 'besteffort'},
  ],
  [
    'CRI-O, guaranteed',
    `/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/crio-${A}.scope/container`,
    {id: A, runtime: 'cri-o', pod_uid: UID, qos: 'guaranteed'},
  ],
  [
    'CRI-O, cgroupfs',
    `/kubepods/besteffort/pod${UID}/crio-${A}`,
    {id: A, runtime: 'cri-o', pod_uid: UID, qos: 'besteffort'},
  ],
  [
    'cri-dockerd',
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORED}.slice/docker-${A}.scope`,
    {id: A, runtime: 'docker', pod_uid: UID, qos: 'burstable'},
  ],
  [
    'kubernetes in docker',
    `/docker/${B}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${UNDERSCORED}.slice/cri-containerd-${A}.scope`,
    {id: A, runtime: 'containerd', pod_uid: UID, qos: 'guaranteed'},
  ],
  [
    "systemd's names with the other driver",
    `/system.slice/containerd.service/kubepods-burstable-pod${UNDERSCORED}.slice:cri-containerd:${A}`,
    {id: A, runtime: 'containerd', pod_uid: UID, qos: 'burstable'},
  ],
  ['seen from a cgroup namespace', `/../../pod${UID}/${A}`, {id: A, runtime: undefined}],
  ['seen from a container beside it', `/../docker-${A}.scope`, {id: A, runtime: 'docker'}],
  ['podman', `/machine.slice/libpod-${A}.scope/container`, {id: A, runtime: 'podman'}],
  ['podman, cgroupfs', `/libpod_parent/libpod-${A}`, {id: A, runtime: 'podman'}],
  ['podman, rootless', `${user}/user.slice/libpod-${A}.scope`, {id: A, runtime: 'podman'}],
  ['podman, split', `/system.slice/web.service/libpod-payload-${A}`, {id: A, runtime: 'podman'}],
  ['nerdctl', `/system.slice/nerdctl-${A}.scope`, {id: A, runtime: 'containerd'}],
  ['ctr', '/default/redis-1', {id: 'redis-1', runtime: 'containerd'}],
  ['ctr in a container', `/docker/${A}/default/redis`, {id: 'redis', runtime: 'containerd'}],
  ["containerd's CRI without a parent", `/k8s.io/${A}`, {id: A, runtime: 'containerd'}],
  ['buildkit', '/docker/buildkit/ykv2pkbmkrwd0f4xdq2ux0lqs', {id: 'ykv2pkbmkrwd0f4xdq2ux0lqs', runtime: 'buildkit'}],
  ['buildkitd', '/default/buildkit/ykv2pkbmkrwd0f4xdq2ux0lqs', {id: 'ykv2pkbmkrwd0f4xdq2ux0lqs', runtime: 'buildkit'}],
  ['runc with systemd', `${user}/user.slice/runc-web.scope`, {id: 'web', runtime: 'runc'}],
  ['lxc 3', '/lxc/web1', {id: 'web1', runtime: 'lxc'}],
  ['lxc 4', '/lxc.payload.web1/init.scope', {id: 'web1', runtime: 'lxc'}],
  ['lxc, folder', '/lxc.payload/web1', {id: 'web1', runtime: 'lxc'}],
  ['nspawn', '/machine.slice/machine-deb\\x2d12.scope/payload', {id: 'deb-12', runtime: 'systemd-nspawn'}],
  ["libvirt's lxc", '/machine.slice/machine-lxc\\x2d4711\\x2dweb.scope', {id: 'web', runtime: 'lxc'}],
  ["somebody's own runtime", `/jobs/task-${A}.scope`, {id: A, runtime: undefined}],
  ['an id in a folder that nobody knows', `/ecs/4711/${A}`, {id: A, runtime: undefined}],
];

for (const [name, path, expected] of CONTAINERS) {
  test(`a container: ${name}`, (t) => t.deepEqual(containerOf(path), {...expected}));
}

const NONE: [name: string, path: string][] = [
  ['the root', '/'],
  ['nothing', ''],
  ['a service', '/system.slice/nginx.service'],
  ['containerd itself', '/system.slice/containerd.service'],
  ['a session', '/user.slice/user-1000.slice/session-3.scope'],
  ["CRI-O's monitor", `/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/crio-conmon-${A}.scope`],
  ["podman's monitor", `/machine.slice/libpod-conmon-${A}.scope`],
  ["podman's monitors", '/libpod_parent/conmon'],
  ["lxc's monitor", '/lxc.monitor.web1'],
  ['a virtual machine', '/machine.slice/machine-qemu\\x2d1\\x2dweb.scope'],
  ['a pod alone', `/kubepods/burstable/pod${UID}`],
  ['a slice alone', `/kubepods.slice/kubepods-pod${UNDERSCORED}.slice`],
  ["buildkit's folder", '/default/buildkit'],
  ['a ctr-like folder further down', '/app.slice/default/web'],
  ['short', `/docker/${A.slice(1)}`],
  ['long', `/docker/${A}a`],
  ['upper case', `/docker/${A.toUpperCase()}`],
  ['not hexadecimal', `/docker/${'g'.repeat(64)}`],
  ['a control character in a name', '/lxc.payload.a\u001b[2J'],
  ['a name without end', `/lxc.payload.${'a'.repeat(200)}`],
  ["an object's own properties", '/constructor/web'],
  ['too long a path', `${'/a'.repeat(3000)}/docker/${A}`],
];

for (const [name, path] of NONE) test(`no container: ${name}`, (t) => t.is(containerOf(path), undefined));

test("a runtime's monitor in a container belongs to that one", (t) => {
  t.is(containerOf(`/docker/${A}/machine.slice/libpod-conmon-${B}.scope`)?.id, A);
});

test('where the memory hierarchy has another path, it decides; where it has no container, the unified one does', (t) => {
  t.is(containerOf('/system.slice/containerd.service', `/docker/${A}`)?.id, A);
  t.is(containerOf(`/docker/${B}`, `/docker/${A}`)?.id, A);
  t.is(containerOf(`/docker/${B}`, '/')?.id, B);
  t.is(containerOf('/', '/system.slice/cron.service'), undefined);
});

test('a pod whose uid is no uid is left out, not the container', (t) => {
  t.deepEqual(containerOf(`/kubepods/pod\u001b[2J/${A}`), {id: A, runtime: undefined});
  t.deepEqual(containerOf(`/kubepods/pod${'1'.repeat(65)}/${A}`), {id: A, runtime: undefined});
  t.is(containerOf(`/home/podium/${A}`)?.pod_uid, undefined);
});

test('systemd units are told apart from containers', (t) => {
  t.is(unitOf('/system.slice/nginx.service'), 'nginx.service');
  t.is(unitOf(`${user}/app.slice/app-firefox\\x2desr-4711.scope`), 'app-firefox\\x2desr-4711.scope');
  t.is(unitOf('/lxc.payload.web1/system.slice/cron.service/sub'), 'cron.service');
  t.is(unitOf('/system.slice'), undefined);
  t.is(unitOf('/'), undefined);
  t.is(unitOf(`/${'a'.repeat(300)}.service`), undefined);
  t.is(unitOf('/evil\u001b[2J.service'), undefined);
});

const piece = fc.constantFrom(
  ...[
    '/',
    '..',
    'docker',
    'docker-',
    A,
    B.slice(1),
    '.scope',
    '.slice',
    'kubepods',
    '-pod',
    'pod',
    UNDERSCORED,
    ':',
    'lxc',
  ],
  ...[
    'machine-',
    '\\x2d',
    '\\x',
    'lxc.payload.',
    'default',
    'buildkit',
    'conmon',
    'runc-',
    '\u0000',
    '\ud800',
    '__proto__',
  ],
);
const hostile = fc.oneof(
  fc.string({maxLength: 300, unit: 'binary'}),
  fc.array(piece, {maxLength: 60}).map((parts) => parts.join('')),
);

test('whatever a path is, what is taken from it is short and clean', (t) => {
  fc.assert(
    fc.property(hostile, (path) => {
      const found = containerOf(path);
      if (!found) return;
      t.regex(found.id, /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,127}$/);
      t.true(
        path
          .replaceAll(/\\x[2-7][0-9a-f]/g, (code) => String.fromCharCode(Number.parseInt(code.slice(2), 16)))
          .includes(found.id),
      );
      if (found.pod_uid !== undefined) t.regex(found.pod_uid, /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/);
    }),
    {numRuns: 3000},
  );
});

test('no path takes long', (t) => {
  const longest = [
    '/default'.repeat(512),
    '/lxc'.repeat(1024),
    `/machine-${'\\x2d'.repeat(1000)}.scope`,
    `/machine-lxc-${'1'.repeat(4000)}.scope`,
    ':'.repeat(4096),
    '/'.repeat(4096),
    `/${'a'.repeat(4000)}.service`,
    '/pod'.repeat(1024),
  ];
  for (const path of longest) {
    const begun = performance.now();
    for (let i = 0; i < 10; i++) {
      containerOf(path);
      unitOf(path);
    }
    // About 0.1 ms each; a shared machine may stand still for a while.
    t.true(performance.now() - begun < 500, path.slice(0, 20));
  }
});
