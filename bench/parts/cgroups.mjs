/** What an interval takes with 1,000 cgroups that have a limit, all of them containers. */
import {built, nodeFlags, output} from '../lib/process.mjs';
import {figure} from '../lib/report.mjs';

/** The part `cgroups`. */
export async function cgroups({quick}) {
  const command = [process.execPath, ...nodeFlags(), built('cgroups.mjs'), quick ? '30' : '200'];
  const {memory, rows} = JSON.parse(await output(command));
  const ms = {unit: 'ms', digits: 1};
  const whole = memory.map((each, i) => each + rows[i]);
  return [
    figure('an interval with 1,000 cgroups', whole, {...ms, most: 20}),
    figure('of it their memory', memory, ms),
    figure('of it the rows of 50 containers', rows, ms),
  ];
}
