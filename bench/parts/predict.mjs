/** How well OOM kills are foretold in scripted scenarios: errors of the time, calibration, lead, misses and false alarms. */
import {built, nodeFlags, output} from '../lib/process.mjs';
import {figure} from '../lib/report.mjs';

/** Of what grows steadily, once half the headroom is used. */
const STEADY = ['steady leak', 'page cache to the limit, then leak', 'two leaking containers', 'swap'];
/** Whose alarm must come early, too. */
const EARLY = [...STEADY, 'accelerating leak'];
const NO_ALARM = ['page cache to the limit', 'sawtooth'];
/** Their kills are nearer than an error in percent means anything. */
const FAST = ['fast fill', 'fast fill from the start'];
/** The constants in src/predict/ were chosen with the seeds 0 to 224, 3000 to 3224 and 4000 to 4699. */
const FIRST_SEED = 2000;
const percent = {unit: '%', digits: 1};

/** Rows of one scenario. */
function rowsOf({name, error, errorAtHalf, coverage, width, lead, misses, kills, falseAlarmsPerHour}) {
  const steady = STEADY.includes(name);
  const rows = [];
  if (kills > 0 && !FAST.includes(name)) {
    rows.push(
      figure(`${name}: error of the time`, [100 * error], percent),
      figure(`${name}: the same, half of the headroom used`, [100 * errorAtHalf], {
        ...percent,
        ...(steady && {most: 10}),
      }),
    );
  }
  if (kills > 0) {
    rows.push(
      figure(`${name}: intervals of 90 % that held`, [100 * coverage], {
        ...percent,
        ...(EARLY.includes(name) && {least: 90}),
      }),
      figure(`${name}: width of the interval, of the time told`, [100 * width], {unit: '%', digits: 0}),
      figure(`${name}: lead, of the possible`, [100 * lead], {...percent, ...(EARLY.includes(name) && {least: 80})}),
      figure(`${name}: kills without an alarm, of ${kills}`, [misses], {digits: 0}),
    );
  }
  const none = NO_ALARM.includes(name) && {most: 0};
  rows.push(figure(`${name}: false alarms`, [falseAlarmsPerHour], {unit: 'an hour', digits: 2, ...none}));
  return rows;
}

/** Of all predictions so confident, the share whose interval held the kill. */
function calibration(scores) {
  const cells = new Map();
  for (const cell of scores.flatMap((score) => score.calibration)) {
    const {said = 0, held = 0} = cells.get(cell.from) ?? {};
    cells.set(cell.from, {said: said + cell.said, held: held + cell.held});
  }
  return [...cells]
    .sort(([a], [b]) => a - b)
    .filter(([, {said}]) => said >= 1000)
    .map(([from, {said, held}]) =>
      figure(`confidence of ${from} to ${from + 9} %: intervals that held, of ${said}`, [(100 * held) / said], percent),
    );
}

/** The part `predict`. */
export async function predict({quick}) {
  const scores = JSON.parse(
    await output([process.execPath, ...nodeFlags(), built('predict.mjs'), quick ? '20' : '100', String(FIRST_SEED)]),
  );
  return [...scores.flatMap(rowsOf), ...calibration(scores)];
}
