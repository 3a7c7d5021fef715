/**
 * What the block probe costs a request: run time of its programs by the kernel's statistics over the requests that the
 * kernel counted, under random reads past the page cache. For comparison only: there is no limit.
 */
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {growth, nsEach, Statistics} from '../lib/bpf.mjs';
import {attached, built, findCommand, KSTOP, output, start, stop, UNBOUND} from '../lib/process.mjs';
import {absent, figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';

const FILE_MIB = 64;
const SUBJECTS = {
  'kstop, block alone': [KSTOP, ...UNBOUND, '--json', '--probes', 'block'],
  biolatency: ['biolatency'],
};

/** Requests that all whole disks have completed. */
function requests() {
  const disks = new Set(readdirSync('/sys/block'));
  let sum = 0;
  for (const line of readFileSync('/proc/diskstats', 'utf8').split('\n')) {
    const fields = line.trim().split(/\s+/);
    // Reads, writes, discards and flushes completed.
    if (disks.has(fields[2])) for (const at of [3, 7, 14, 18]) sum += Number(fields[at] ?? 0);
  }
  return sum;
}

/** A file on a disk as a loop device that goes past the page cache. */
async function openDisk() {
  const folder = mkdtempSync(built('block-'));
  const file = join(folder, 'disk');
  await output(['dd', 'if=/dev/urandom', `of=${file}`, 'bs=1M', `count=${FILE_MIB}`, 'conv=fsync', 'status=none']);
  const device = (await output(['losetup', '--find', '--show', '--direct-io=on', file])).trim();
  const close = async () => {
    await output(['losetup', '--detach', device]);
    rmSync(folder, {recursive: true});
  };
  return {device, close};
}

function reads(device, seconds) {
  return output([
    findCommand('fio'),
    '--name=bench',
    `--filename=${device}`,
    '--readonly',
    '--rw=randread',
    '--bs=4k',
    '--direct=1',
    '--iodepth=8',
    '--ioengine=libaio',
    '--time_based',
    `--runtime=${seconds}`,
    '--minimal',
  ]);
}

/** ns a request while the subject watches; undefined when it can't attach here. */
async function perRequest(subject, device, seconds) {
  const [command, ...args] = SUBJECTS[subject];
  const statistics = Statistics.start();
  const child = start([findCommand(command) ?? command, ...args]);
  try {
    await attached(child);
    await delay(1000);
    const before = {programs: await statistics.of(child.pid), requests: requests()};
    await reads(device, seconds);
    const count = requests() - before.requests;
    return nsEach(growth(before.programs, await statistics.of(child.pid)), count);
  } finally {
    await stop(child);
    await statistics.close();
  }
}

/** The part `block-cost`. */
export async function blockCost({quick}) {
  if (!findCommand('fio')) return [absent('block probe: ns a request', 'fio is not installed')];
  const why = new Map();
  const disk = await openDisk();
  const measure = async (subject) => {
    try {
      return await perRequest(subject, disk.device, quick ? 2 : 5);
    } catch (error) {
      why.set(subject, error.message);
      return undefined;
    }
  };
  const subjects = Object.keys(SUBJECTS).filter(
    (name) => SUBJECTS[name][0] === KSTOP || findCommand(SUBJECTS[name][0]),
  );
  try {
    const values = await alternate(quick ? 1 : 5, subjects, measure, (round) => say(`block-cost: round ${round}`));
    return subjects.map((name) => {
      const what = `${name}: ns a request, by BPF statistics`;
      const known = values.get(name).filter((value) => value !== undefined);
      return known.length > 0 ? figure(what, known, {unit: 'ns', digits: 0}) : absent(what, why.get(name));
    });
  } finally {
    await disk.close();
  }
}
