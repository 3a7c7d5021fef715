/**
 * How well kills are foretold: scripted memory, lived through by chance with fixed seeds. usage: predict.mjs SEEDS [FIRST]; prints
 * JSON.
 */
import {SCENARIOS} from './predict/scenarios.ts';
import {score} from './predict/score.ts';

const seeds = Number(process.argv[2] ?? 100);
const first = Number(process.argv[3] ?? 0);
const scores = Object.entries(SCENARIOS).map(([name, scenario]) => {
  const {calibration, ...rest} = score(scenario, seeds, first);
  return {
    name,
    ...rest,
    calibration: [...calibration].sort(([a], [b]) => a - b).map(([from, cell]) => ({from, ...cell})),
  };
});
process.stdout.write(`${JSON.stringify(scores)}\n`);
