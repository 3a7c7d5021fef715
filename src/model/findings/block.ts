import {duration, percent, percentileText} from '../../util/format.ts';
import {type Rule, share, short, taskOf} from './rule.ts';

const MOSTLY = 0.8;
const CONCENTRATED = 0.5;

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
