import {readdirSync, readFileSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {Engine} from '../../src/native/engine.ts';
import {readCounts} from '../../src/native/snapshot.ts';
import {PROBES} from '../../src/probes/catalog.ts';
import {LiveSource} from '../../src/sources/live.ts';
import type {Counter, ProbeChange, Sample} from '../../src/types/stream.ts';
import {startLoad} from './util/load.ts';
import {twoCpus} from './util/machine.ts';
import {SLOW, sleep, until} from './util/wait.ts';

const ROUNDS = 5;
const cpus = (twoCpus() ?? [0]).join();
/** So low that ordinary work is a lot of events. */
const thresholds = {
  sched_warn_us: 100,
  sched_crit_us: 1000,
  block_warn_us: 100,
  block_crit_us: 1000,
  vfs_warn_us: 50,
  vfs_crit_us: 500,
};

/** BPF programs, maps and links, by descriptor. */
function held(): string[] {
  return readdirSync('/proc/self/fdinfo').flatMap((fd) => {
    try {
      return /^(prog|map|link)_id:/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

const keyOf = ({name, labels}: Counter) => `${name} ${JSON.stringify(labels)}`;

/** No cumulative figure falls from one sample to the next. */
function neverFalls(t: ExecutionContext, samples: readonly Sample[]): void {
  const last = new Map<string, number>();
  const hold = (key: string, value: number) => {
    if (value < (last.get(key) ?? 0)) t.fail(`${key}: ${last.get(key)} -> ${value}`);
    last.set(key, value);
  };
  for (const {counters, loss} of samples) {
    for (const counter of counters) hold(keyOf(counter), counter.value);
    for (const [probe, {held: h, lost, missed}] of Object.entries(loss))
      for (const [what, value] of Object.entries({h, lost, missed})) hold(`${probe} ${what}`, value);
  }
}

/** hits = delivered + held + lost + missed, for every probe. */
function closes(t: ExecutionContext, {counters, loss}: Sample): void {
  const of = (name: string, probe: string) =>
    counters.find((each) => each.name === name && each.labels.probe === probe)?.value;
  for (const [probe, {held: h, lost, missed}] of Object.entries(loss)) {
    const [hits, delivered = 0] = [of('hits', probe), of('delivered', probe)];
    t.log(`${probe}: ${hits} hits, ${delivered} delivered, ${h} held, ${lost} lost, ${missed} missed`);
    t.is(hits, delivered + h + lost + missed, probe);
  }
}

test.serial('every probe, off and on under load: counts go on, states come back, nothing is left behind', async (t) => {
  const source = await LiveSource.open({
    version: 'test',
    intervalMs: 100,
    probes: PROBES.map(({id}) => id),
    thresholds,
  });
  const [samples, changes]: [Sample[], ProbeChange[]] = [[], []];
  const reading = (async () => {
    for await (const {sample, probes} of source.frames()) {
      if (sample) samples.push(sample);
      changes.push(...probes);
    }
  })();
  t.teardown(() => source.close());
  const infos = new Map(source.reports().map(({roles: _, ...info}) => [info.id, info]));
  const before = held().sort();
  const storm = await startLoad(t, 'storm', [cpus, 2]);
  storm.send(String(5000 * SLOW));
  await until(() => samples.length > 2, 10_000 * SLOW, 'samples');
  for (let round = 0; round < ROUNDS; round++)
    for (const [id, {state, reason}] of infos)
      for (let i = 0; i < 2; i++) {
        const refused = source.controls.toggle(id);
        t.is(refused, state === 'unavailable' ? `${id}: ${reason}` : undefined);
        await sleep(20);
      }
  for (const {roles: _, ...info} of source.reports()) t.deepEqual(info, infos.get(info.id), info.id);
  t.deepEqual(held().sort(), before);
  source.stop();
  await reading;
  await source.close();
  t.is(changes.length, ROUNDS * 2 * infos.size);
  t.deepEqual(held(), []);
  neverFalls(t, samples);
  closes(t, samples.at(-1)!);
});

test.serial('what the kernel says of a probe’s programs goes on when it is switched off and on', (t) => {
  const engine = new Engine();
  t.true(engine.statistics(true));
  const runs = () => readCounts(engine.snapshot('vfs', false)).runCount;
  let last = 0;
  for (let round = 0; round < ROUNDS; round++) {
    t.not(engine.probe('vfs', true).state, 'unavailable');
    for (let i = 0; i < 20; i++) readFileSync('/etc/passwd');
    const now = runs();
    t.true(now > last, `${now} after ${last}`);
    last = now;
    engine.probe('vfs', false);
    t.true(runs() >= last);
  }
  engine.close();
});
