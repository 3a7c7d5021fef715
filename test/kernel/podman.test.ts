/** Containers of the real Podman, named through its own service. */
import {Kstop} from './util/kstop.ts';
import {once, testUnless} from './util/machine.ts';
import {lacksPodman, Podman} from './util/podman.ts';
import {SLOW, until} from './util/wait.ts';

/** In a mount namespace where the service is at its usual place. */
const at = (socket: string): string[] => {
  const script = 'mount -t tmpfs tmpfs /run && mkdir /run/podman && ln -s "$0" /run/podman/podman.sock && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', '/bin/sh', '-c', script, socket];
};

testUnless(once ?? lacksPodman, "Podman's containers: rows, events and an OOM kill with name and image", async (t) => {
  const podman = await Podman.start(t);
  const kstop = await Kstop.start(t, ['--probes', 'process,oom,tasks,growth', '--top', '10000'], {
    through: at(podman.socket),
  });
  const loop = ['/bin/sh', '-c', 'while true; do /bin/true; sleep 0.2; done'];
  const web = podman.run(`web-${process.pid}`, [], loop);
  const expected = {id: web.id, name: `web-${process.pid}`, image: podman.image, runtime: 'podman'};
  const named = await kstop.event('PROCESS_EXEC', ({container}) => container?.id === web.id && !!container.name);
  t.log(JSON.stringify(named));
  t.deepEqual(named.container, expected);
  await kstop.sampleFromNow();
  const sample = kstop.samples.at(-1)!;
  t.deepEqual(sample.processes?.find(({pid}) => pid === web.pid)?.container, expected);
  // Cgroups are looked for now and then.
  const rows = () => kstop.samples.at(-1)?.containers?.map(({container}) => container);
  const row = await until(() => rows()?.find(({id}) => id === web.id), 20_000 * SLOW, 'a row of the container');
  t.deepEqual(row, expected);

  const eats = ['/bin/sh', '-c', 'sleep 2; exec dd if=/dev/zero of=/dev/null bs=64M count=1'];
  const eater = podman.run(`eater-${process.pid}`, ['--memory', '16m'], eats);
  const kill = await kstop.event('OOM_KILL', ({container}) => container?.id === eater.id);
  t.log(JSON.stringify(kill));
  t.like(kill.container, {name: `eater-${process.pid}`, image: podman.image, runtime: 'podman'});
  t.is(kill.limit_bytes, 16 << 20);
  await kstop.stop();
  t.deepEqual(
    kstop.objects.filter(({kind}) => kind === 'error'),
    [],
  );
});
