/**
 * Runs the parts named on the command line, or all, and prints one Markdown table. Nothing is written into the tree but
 * by --write, which brings the table in bench/README.md up to date.
 */
import {parseArgs} from 'node:util';
import {describeMachine} from './lib/machine.mjs';
import {say, table, writeReadme} from './lib/report.mjs';
import {blockCost} from './parts/block-cost.mjs';
import {cgroups} from './parts/cgroups.mjs';
import {dropsCost} from './parts/drops-cost.mjs';
import {eventPath} from './parts/event-path.mjs';
import {faultsCost} from './parts/faults-cost.mjs';
import {frames} from './parts/frames.mjs';
import {idle} from './parts/idle.mjs';
import {lockupCost} from './parts/lockup-cost.mjs';
import {predict} from './parts/predict.mjs';
import {schedCost} from './parts/sched-cost.mjs';
import {screen} from './parts/screen.mjs';
import {startup} from './parts/startup.mjs';
import {syscallCost} from './parts/syscall-cost.mjs';
import {syscallForms} from './parts/syscall-forms.mjs';
import {tasksCost} from './parts/tasks-cost.mjs';
import {trace} from './parts/trace.mjs';
import {vfsCost} from './parts/vfs-cost.mjs';

const PARTS = {
  'sched-cost': schedCost,
  'event-path': eventPath,
  idle,
  screen,
  frames,
  startup,
  'block-cost': blockCost,
  'vfs-cost': vfsCost,
  'syscall-cost': syscallCost,
  'syscall-forms': syscallForms,
  'drops-cost': dropsCost,
  cgroups,
  'faults-cost': faultsCost,
  'lockup-cost': lockupCost,
  'tasks-cost': tasksCost,
  predict,
  trace,
};
const USAGE = `usage: bench/run [${Object.keys(PARTS).join('|')} ...] [--quick] [--write] [--check]`;

/** Exit status 2: the command line is wrong. */
function usageError(why) {
  process.stderr.write(`kstop: bench: ${why} (${USAGE})\n`);
  process.exit(2);
}

function parse() {
  const options = {
    quick: {type: 'boolean', default: false},
    write: {type: 'boolean', default: false},
    check: {type: 'boolean', default: false},
    help: {type: 'boolean', short: 'h', default: false},
  };
  try {
    const {values, positionals} = parseArgs({options, allowPositionals: true});
    const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
    if (unknown) usageError(`no part is called ${unknown}`);
    return {...values, names: positionals.length > 0 ? positionals : Object.keys(PARTS)};
  } catch (error) {
    return usageError(error.message.split('. ')[0]);
  }
}

const {names, quick, write, check, help} = parse();
if (help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const rows = [];
for (const name of names) {
  say(`${name} ...`);
  try {
    for (const row of await PARTS[name]({quick})) rows.push({part: name, ...row});
  } catch (error) {
    rows.push({part: name, what: 'not measured', problem: error.message});
    if (process.env.KSTOP_DEBUG) process.stderr.write(`${error.stack}\n`);
  }
}
const text = table(rows);
const machine = describeMachine(quick);
process.stdout.write(`${machine}\n\n${text}\n`);
if (write) writeReadme(machine, text);
const missed = rows.some((row) => row.problem || row.met === false);
// Also ends what a benchmarked program's pseudo-terminal might keep open.
process.exit(check && missed ? 1 : 0);
