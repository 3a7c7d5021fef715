import type {VfsSlowEvent} from '../../types/stream.ts';
import {duration, percentileText} from '../../util/format.ts';
import type {Tally} from '../facts/tally.ts';
import {isQuiet, many, type Rule, share, short, task} from './rule.ts';

const MIN_REPORTS = 5;
const CONCENTRATED = 0.5;
/** File systems whose answer comes from somewhere else. */
const REMOTE = /^(nfs4?|cifs|smb3|9p|ceph|fuse(\..*)?|fuseblk|afs|gfs2|ocfs2|lustre|virtiofs)$/;

export const slowFiles: Rule = ({vfs, facts, periods, status}) => {
  const {reports, worst, ops, fileSystems, files} = facts.vfs;
  const high = vfs?.p99_us !== undefined && vfs.p99_us >= vfs.warn_us;
  if (!vfs || (!high && isQuiet(status('vfs')) && reports < MIN_REPORTS)) return [];
  const p99 = vfs.p99_us === undefined ? '' : `p99 ${percentileText(vfs.p99_us)} ${periods.latency}`;
  const worstUs = worst?.latency_us ?? vfs.worst_us;
  const slowest = worstUs === undefined ? '' : `worst ${duration(worstUs)}${worst ? ` (${call(worst)})` : ''}`;
  const most = (word: string, tally: Tally) => {
    const top = tally.top();
    const few = !top || reports < MIN_REPORTS || top.n / reports < CONCENTRATED;
    return few ? [] : [`${share(top.n, reports)} ${word}${short(top.key)}`];
  };
  const concentrated = [...most('', ops), ...most('on ', fileSystems), ...most('of ', files)];
  const where = concentrated.length > 0 ? `; of ${many(reports, 'slow call')} ${concentrated.join(', ')}` : '';
  const text = `vfs: ${[p99, slowest].filter(Boolean).join(', ')}${where}`;
  return [{text, advice: advise(fileSystems.top()?.key, ops.top()?.key)}];
};

function call({op, path, name, fs, pid, comm}: VfsSlowEvent): string {
  const file = path ?? name;
  return `${op}${file === undefined ? '' : ` of ${short(file)}`}${fs === undefined ? '' : ` on ${short(fs)}`}, ${task(pid, comm)}`;
}

function advise(fs: string | undefined, op: string | undefined): string {
  if (fs !== undefined && REMOTE.test(fs))
    return `vfs: ${short(fs)} answers from elsewhere: check its server or daemon and the way there`;
  if (op === 'fsync')
    return 'vfs: fsync waits for the device and the journal: see the block findings, sync less often or in groups';
  return 'vfs: compare with the block findings: a slow device, or (when devices are quick) locks, writeback limits and memory pressure';
}
