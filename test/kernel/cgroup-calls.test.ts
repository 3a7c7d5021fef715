/** The system calls of a cgroup that is watched alone, by name: against the loads' own counts and clocks. */
import {join} from 'node:path';
import {Cgroup, unified} from './util/cgroup.ts';
import {folder} from './util/disk.ts';
import {Kstop} from './util/kstop.ts';
import {startLoad, Unseen} from './util/load.ts';
import {testUnless} from './util/machine.ts';
import {agrees} from './util/witness.ts';

const MS = 60;
const lacking = !unified() && 'no unified cgroup hierarchy';

testUnless(lacking, 'a table of calls of the cgroup that is watched: all of its processes, and no other', async (t) => {
  const group = Cgroup.make(t);
  const start = (through: readonly string[] = []) => startLoad(t, 'caller', [join(folder(t), 'lock')], {through});
  const [first, second, other] = [await start(group.enter), await start(group.enter), await start()];
  const unseen = await Unseen.start(t);
  const kstop = await Kstop.start(t, ['--cgroup', group.path, '--probes', 'syscall', '-i', '0.5']);
  await kstop.sampleFromNow();
  const tell = async (load: typeof first, order: string) => {
    load.send(order);
    return Number((await load.line()).split(' ')[1]) / 1000;
  };
  await tell(other, 'getppid 700');
  const quickUs = (await tell(first, 'getppid 400')) + (await tell(second, 'getppid 300'));
  const sleepUs = await tell(second, `sleep ${MS}`);
  await kstop.sampleFromNow();
  await kstop.stop();
  const {total: blind} = await unseen.read();

  const calls = kstop.samples.flatMap(({syscalls = []}) => syscalls);
  const of = (name: RegExp) => calls.filter(({syscall_name}) => name.test(syscall_name));
  const sum = (name: RegExp, figure: 'count' | 'total_us') => of(name).reduce((all, each) => all + each[figure], 0);
  t.log(
    `${sum(/^getppid$/, 'count')} getppid in ${sum(/^getppid$/, 'total_us').toFixed(0)} us of ${quickUs.toFixed(0)}`,
  );
  agrees(t, sum(/^getppid$/, 'count'), 700, blind, 'getppid');
  t.true(sum(/^getppid$/, 'total_us') < quickUs, 'no more than the loads’ clocks say');
  const slept = of(/nanosleep$/);
  t.is(sum(/nanosleep$/, 'count'), 1);
  t.true(slept[0]!.max_us! >= MS * 1000 && slept[0]!.max_us! <= sleepUs && slept[0]!.total_us === slept[0]!.max_us);
  for (const {focus} of kstop.samples) t.is(focus, undefined);
});
