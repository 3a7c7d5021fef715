import {duration, percent, percentileText} from '../../util/format.ts';
import {type Rule, share, short, task, taskOf} from './rule.ts';

const MOSTLY = 0.8;
const CONCENTRATED = 0.5;
/** Blame that is worth a sentence: microseconds, and of all that was waited for. */
const MIN_BLAMED_US = 500_000;
const MIN_BLAMED = 0.5;

export const slowDevices: Rule = ({devices, facts, periods}) =>
  [...devices]
    .sort((a, b) => (b.p99_us ?? 0) - (a.p99_us ?? 0))
    .flatMap(({device, p99_us = 0, worst_us, warn_us}) => {
      if (p99_us < warn_us && (worst_us ?? 0) < warn_us) return [];
      const queue = facts.block.queueShare(device);
      const parts = queue === undefined ? '' : `; ${split(queue)} (of the slow requests)`;
      const worst = worst_us === undefined ? '' : `, worst ${duration(worst_us)}`;
      const top = facts.block.submitters.topUnder(device);
      const who =
        top && top.n / top.total >= CONCENTRATED ? `; ${share(top.n, top.total)} of them for ${taskOf(top.key)}` : '';
      const text = `block: ${short(device)} p99 ${percentileText(p99_us)} ${periods.latency}${worst}${parts}${who}`;
      return [{text, advice: advise(short(device), queue)}];
    });

/** Who waited longest for a disk that another one kept busy. */
export const sharedDevice: Rule = ({facts: {block}, periods}) => {
  const [worst] = block.blamed
    .keys()
    .map((key) => {
      const [device, pid, comm, byPid, byComm] = JSON.parse(key) as [string, number, string, number | null, string];
      const waitedUs = block.waited.get(JSON.stringify([device, pid, comm]));
      const whom = byPid === null ? byComm : task(byPid, byComm);
      return {us: block.blamed.get(key), waitedUs, device: short(device), victim: task(pid, comm), whom};
    })
    .filter(({us, waitedUs}) => us >= MIN_BLAMED_US && us >= MIN_BLAMED * waitedUs)
    .sort((a, b) => b.us - a.us);
  if (!worst) return [];
  const {us, waitedUs, device, victim, whom} = worst;
  const part = share(Math.min(us, waitedUs), waitedUs);
  return [
    {
      text: `block: ${victim} waited ${duration(waitedUs)} for ${device} ${periods.counts}, ${part} of it because of requests of ${whom}`,
      advice: `block: limit ${whom} (io.max, io.weight, ionice, smaller batches), or give it another device than ${victim}`,
    },
  ];
};

function split(queue: number): string {
  return queue > 0.5 ? `${percent(100 * queue)} queue time` : `${percent(100 * (1 - queue))} device time`;
}

function advise(device: string, queue: number | undefined): string {
  if (queue !== undefined && queue > MOSTLY) {
    return `block: ${device} is given more than it takes: see its scheduler and depth (/sys/block/${device}/queue), limits (io.max, wbt), and which neighbour submits (io.stat)`;
  }
  if (queue !== undefined && queue < 1 - MOSTLY)
    return `block: ${device} itself is slow: check its health, its load and its backend`;
  return `block: see who uses ${device} (io.stat of the cgroups) and whether the device is healthy`;
}
