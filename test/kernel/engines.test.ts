/** Containers of the real Podman and the real Docker, named through their own services. */
import type {ExecutionContext} from 'ava';
import {Docker, lacksDocker} from './util/docker.ts';
import {Kstop} from './util/kstop.ts';
import {once, testUnless} from './util/machine.ts';
import {type EngineContainer, lacksPodman, Podman} from './util/podman.ts';
import {SLOW, until} from './util/wait.ts';

interface Engine {
  image: string;
  socket: string;
  run(name: string, flags: readonly string[], command: readonly string[]): EngineContainer;
}

/** In a mount namespace where a service is at its usual place. */
const seen = (socket: string, place: string): string[] => {
  const script = 'mount -t tmpfs tmpfs /run && mkdir -p "$(dirname "$1")" && ln -s "$0" "$1" && shift && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', '/bin/sh', '-c', script, socket, place];
};

async function names(t: ExecutionContext, engine: Engine, runtime: string, place: string): Promise<void> {
  const {image, socket} = engine;
  const args = ['--probes', 'process,oom,tasks,growth', '--top', '10000'];
  const kstop = await Kstop.start(t, args, {through: seen(socket, place)});
  const loop = ['/bin/sh', '-c', 'while true; do /bin/true; sleep 0.2; done'];
  const web = engine.run(`web-${process.pid}`, [], loop);
  const expected = {id: web.id, name: `web-${process.pid}`, image, runtime};
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

  // A list of what runs has it a moment after its first event, and is asked for again after one second and four.
  const eats = ['/bin/sh', '-c', 'sleep 7; exec dd if=/dev/zero of=/dev/null bs=64M count=1'];
  const eater = engine.run(`eater-${process.pid}`, ['--memory', '16m'], eats);
  const kill = await kstop.event('OOM_KILL', ({container}) => container?.id === eater.id, 30_000 * SLOW);
  t.log(JSON.stringify(kill));
  t.deepEqual(kill.container, {id: eater.id, name: `eater-${process.pid}`, image, runtime});
  t.is(kill.limit_bytes, 16 << 20);
  await kstop.stop();
  t.deepEqual(
    kstop.objects.filter(({kind}) => kind === 'error'),
    [],
  );
}

testUnless(once ?? lacksPodman, "Podman's containers: rows, events and an OOM kill with name and image", async (t) => {
  await names(t, await Podman.start(t), 'podman', '/run/podman/podman.sock');
});

testUnless(once ?? lacksDocker, "Docker's containers: rows, events and an OOM kill with name and image", async (t) => {
  await names(t, await Docker.start(t), 'docker', '/run/docker.sock');
});
