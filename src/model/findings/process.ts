import {count} from '../../util/format.ts';
import {nameOfContainer, restartText} from '../restarts.ts';
import {crashText, nameOf} from '../status/process.ts';
import type {Rule} from './rule.ts';

const SHOWN = 3;

/** Programs that crashed, most often first. */
export const crashes: Rule = ({facts: {process}, periods}) => {
  const {last, crashes: tally} = process;
  if (!last) return [];
  const names = tally.keys().sort((a, b) => tally.get(b) - tally.get(a));
  const some = names.slice(0, SHOWN).map((key) => `${nameOf(key)} (${count(tally.get(key))})`);
  const others = tally.total - names.slice(0, SHOWN).reduce((sum, key) => sum + tally.get(key), 0);
  const more = others > 0 ? `, others (${count(others)})` : '';
  const text =
    tally.total === 1
      ? `process: ${crashText(last)}${last.core ? ', core dumped' : ''}`
      : `process: ${count(tally.total)} crashes ${periods.counts}: ${some.join(', ')}${more}`;
  const advice = last.core
    ? 'process: look into the core that was dumped (coredumpctl, or where kernel.core_pattern puts it)'
    : 'process: see the program’s own log and dmesg; no core was dumped: ulimit -c and kernel.core_pattern decide';
  return [{text, advice}];
};

/** Containers that begin again and again, most often first. */
export const restarts: Rule = ({restarting, periods}) =>
  restarting.slice(0, SHOWN).map((each) => {
    const {container, last} = each;
    const why =
      last?.signal_name === 'SIGKILL'
        ? 'who killed it (the kernel for memory, its runtime for a failed check)'
        : 'what it wrote before it ended';
    const advice = `process: see ${why}: the log of container ${nameOfContainer(container)}, of the run before this one`;
    return {text: `process: ${restartText(each, periods.restarts)}`, advice};
  });
