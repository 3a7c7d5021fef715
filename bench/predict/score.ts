import {Predictor, type ScopePrediction} from '../../src/predict/predictor.ts';
import {Random} from './random.ts';
import type {Scenario} from './scenarios.ts';
import {type Kill, live, type Run} from './world.ts';

/** What became of the predictions of a scenario. Shares are 0 to 1. */
export interface Score {
  kills: number;
  /** Median over kills of the median error of a prediction, as a share of the true time. */
  error?: number;
  /** The same of the predictions after half of the headroom was used. */
  errorAtHalf?: number;
  /** Share of the predictions whose interval held the kill. */
  coverage?: number;
  /** Median over kills of the intervals' median width, as a share of the time told. */
  width?: number;
  /** Median of the time between the first alarm and the kill, as a share of the possible. */
  lead?: number;
  /** Kills without an alarm. */
  misses: number;
  falseAlarmsPerHour: number;
  /** By confidence in tens of percent: predictions, and those that held. */
  calibration: Map<number, {said: number; held: number}>;
}

/** An alarm is due that long before a kill, and can be at best. */
const WARNING_MS = 600_000;
/** A prediction so near to the kill says nothing of use: its error in percent is one of the sampling. */
const LAST_MS = 5000;

interface Said extends ScopePrediction {
  ms: number;
}

/** Plays all runs of one world into one predictor, second by second. */
function play(runs: Run[]): Said[][] {
  const predictor = new Predictor();
  const said: Said[][] = runs.map(() => []);
  const most = Math.max(...runs.map(({points}) => points.length));
  for (let i = 0; i < most; i++) {
    for (const [n, {points}] of runs.entries()) if (points[i]) predictor.push(String(n), points[i]);
    for (const prediction of predictor.predict()) {
      const n = Number(prediction.id);
      said[n]?.push({...prediction, ms: runs[n]?.points[i]?.ms as number});
    }
  }
  return said;
}

export function medianOf(values: number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

class Tally {
  readonly errors: number[] = [];
  readonly errorsAtHalf: number[] = [];
  readonly held: number[] = [];
  readonly widths: number[] = [];
  readonly leads: number[] = [];
  kills = 0;
  misses = 0;
  falseAlarms = 0;
  hours = 0;
  readonly calibration: Score['calibration'] = new Map();

  run(run: Run, said: Said[]): void {
    const first = run.points[0]?.ms ?? 0;
    this.hours += ((run.points.at(-1)?.ms ?? first) - first) / 3_600_000;
    for (const kill of run.kills) this.#kill(kill, said);
    for (const each of said) this.#judge(each, run.kills);
  }

  #kill(kill: Kill, said: Said[]): void {
    this.kills++;
    const before = said.filter(({ms}) => ms >= kill.beganMs && ms < kill.ms);
    const known = before.filter(({ms}) => ms >= kill.knownMs);
    const useful = known.filter(({ms}) => ms < kill.ms - LAST_MS);
    const errorOf = ({ms, eta_s}: Said) => Math.abs(eta_s * 1000 - (kill.ms - ms)) / (kill.ms - ms);
    const error = medianOf(useful.map(errorOf));
    if (error !== undefined) this.errors.push(error);
    const late = medianOf(useful.filter(({ms}) => ms >= kill.halfMs).map(errorOf));
    if (late !== undefined) this.errorsAtHalf.push(late);
    if (known.length > 0) this.held.push(known.filter((each) => holds(each, kill)).length / known.length);
    const width = medianOf(known.map(({eta_s, eta_low_s, eta_high_s}) => (eta_high_s - eta_low_s) / eta_s));
    if (width !== undefined) this.widths.push(width);
    const alarm = before.find((each) => each.alarm);
    if (!alarm) this.misses++;
    const possible = Math.min(WARNING_MS, kill.ms - kill.beganMs);
    this.leads.push(alarm ? Math.min(1, (kill.ms - alarm.ms) / possible) : 0);
  }

  /** An alarm is false when no kill comes within twice the time that its interval allowed. */
  #judge(said: Said, kills: Kill[]): void {
    const kill = kills.find(({ms}) => ms > said.ms);
    if (said.alarm && !(kill && kill.ms - said.ms < 2000 * said.eta_high_s + LAST_MS)) this.falseAlarms++;
    const decile = Math.floor(said.confidence_pct / 10) * 10;
    const cell = this.calibration.get(decile) ?? {said: 0, held: 0};
    cell.said++;
    if (kill && holds(said, kill)) cell.held++;
    this.calibration.set(decile, cell);
  }

  score(): Score {
    const mean = this.held.length > 0 ? this.held.reduce((a, b) => a + b) / this.held.length : undefined;
    return {
      kills: this.kills,
      error: medianOf(this.errors),
      errorAtHalf: medianOf(this.errorsAtHalf),
      coverage: mean,
      width: medianOf(this.widths),
      lead: this.kills > 0 ? medianOf(this.leads) : undefined,
      misses: this.misses,
      falseAlarmsPerHour: this.falseAlarms / this.hours,
      calibration: this.calibration,
    };
  }
}

function holds({ms, eta_low_s, eta_high_s}: Said, kill: Kill): boolean {
  const left = (kill.ms - ms) / 1000;
  return left >= eta_low_s && left <= eta_high_s;
}

/** Lives a scenario so many times, each with a seed of its own. */
export function score(scenario: Scenario, seeds: number, firstSeed = 0): Score {
  const tally = new Tally();
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const random = new Random(seed);
    const runs = scenario(random).map((plan) => live(plan, random));
    const said = play(runs);
    for (const [n, run] of runs.entries()) tally.run(run, said[n] as Said[]);
  }
  return tally.score();
}
