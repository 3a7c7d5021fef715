import type {Random} from './random.ts';
import type {Plan} from './world.ts';

/** Something that memory does: the cgroups that do it, by chance. */
export type Scenario = (random: Random) => Plan[];

const MIB = 1024 ** 2;
const anyLimit = (random: Random) => random.scale(64, 8192) * MIB;
const always = (value: number) => () => value;

/** A cgroup that leaks from `leakS` on, so that it would be full after `fillS` seconds. */
function leaking(random: Random, more: Partial<Plan> = {}): Plan {
  const limit = anyLimit(random);
  const base = limit * random.between(0.1, 0.5);
  const leakS = random.between(90, 400);
  const fillS = random.scale(60, 3000);
  const rate = (limit + (more.swap ?? 0) * limit - base) / fillS;
  return {
    limit: always(limit),
    base,
    rate: (s) => (s < leakS ? 0 : rate),
    leakS,
    lengthS: leakS + 2 * fillS + 300,
    cacheRate: random.unit() < 0.5 ? limit / random.scale(30, 600) : 0,
    ...more,
    ...(more.swap && {swap: more.swap * limit}),
  };
}

/** Quicker and quicker: as e^(t/T), or in proportion to time. */
function accelerating(random: Random): Plan {
  const plan = leaking(random);
  const [limit, began, fillS] = [plan.limit(0), plan.leakS as number, random.scale(90, 3000)];
  const left = limit - plan.base;
  const folds = random.between(1.5, 3.5);
  const power = (s: number) => ((left * folds) / fillS / Math.expm1(folds)) * Math.exp((folds * s) / fillS);
  const linear = (s: number) => (2 * left * s) / fillS ** 2;
  const pace = random.unit() < 0.5 ? power : linear;
  return {...plan, rate: (s) => (s < began ? 0 : pace(s - began)), lengthS: began + 3 * fillS + 300};
}

/** Memory that is collected when so much garbage is there, each time a bit more or less of it. */
function teeth(random: Random, height: number): (s: number) => number {
  const periodS = random.scale(5, 60);
  let [beginS, endS, top] = [-random.unit() * periodS, 0, height];
  const next = () => {
    const factor = random.between(0.85, 1.15);
    endS = beginS + periodS * factor;
    top = height * factor;
  };
  next();
  return (s) => {
    while (s >= endS) {
      beginS = endS;
      next();
    }
    return (top * (s - beginS)) / (endS - beginS);
  };
}

function sawtooth(random: Random): Plan {
  const limit = anyLimit(random);
  return {
    limit: always(limit),
    base: limit * random.between(0.3, 0.5),
    rate: always(0),
    extra: teeth(random, limit * random.between(0.05, 0.3)),
    lengthS: 3600,
  };
}

function sawtoothLeak(random: Random): Plan {
  const plan = sawtooth(random);
  const height = plan.limit(0) * random.between(0.05, 0.2);
  const fillS = random.scale(300, 3000);
  const leakS = random.between(90, 400);
  const rate = (plan.limit(0) - plan.base - height) / fillS;
  return {
    ...plan,
    extra: teeth(random, height),
    rate: (s) => (s < leakS ? 0 : rate),
    leakS,
    lengthS: leakS + 2 * fillS,
  };
}

/** Steps: a second to a quarter of a minute of growth, which then ends; some of it is given back minutes later. */
function burst(random: Random): Plan {
  const limit = anyLimit(random);
  const steps = Array.from({length: 12}, (_, i) => ({
    s: 120 + i * 290 + random.between(0, 100),
    lastsS: random.scale(1, 15),
    bytes: limit * random.between(0.05, 0.3),
  }));
  const extra = (s: number) => {
    const step = steps.findLast((each) => each.s <= s);
    if (!step) return 0;
    const since = s - step.s;
    return step.bytes * Math.min(1, since / step.lastsS) * (since > 150 ? 0.4 : 1);
  };
  return {limit: always(limit), base: limit * random.between(0.2, 0.6), rate: always(0), extra, lengthS: 3600};
}

/** Full within seconds: a cgroup that was quiet, or one from its start on. */
function fastFill(random: Random, isNew: boolean): Plan {
  const limit = anyLimit(random);
  const base = limit * (isNew ? 0.02 : random.between(0.1, 0.5));
  const leakS = isNew ? 0 : random.between(90, 400);
  const rate = (limit - base) / random.scale(5, 15);
  return {limit: always(limit), base, rate: (s) => (s < leakS ? 0 : rate), leakS, lengthS: leakS + 60};
}

/** A cgroup that has leaked since it began: nobody knows how it is otherwise. */
function leakingFromStart(random: Random): Plan {
  const plan = leaking(random);
  const rate = plan.rate(plan.leakS as number);
  return {...plan, rate: always(rate), leakS: 0};
}

/** A start takes what it needs within seconds, and no more for five minutes. */
function startUp(random: Random): Plan {
  const limit = anyLimit(random);
  const [lastsS, bytes] = [random.scale(1, 15), limit * random.between(0.2, 0.7)];
  const extra = (s: number) => bytes * Math.min(1, s / lastsS);
  return {limit: always(limit), base: 0.02 * limit, rate: always(0), extra, lengthS: 300};
}

/** Files are read until nothing is left, and for long; then it leaks. */
function cacheThenLeak(random: Random): Plan {
  const plan = leaking(random);
  const limit = plan.limit(0);
  const leakS = 900 + (plan.leakS as number);
  const fillS = random.scale(60, 3000);
  return {
    ...plan,
    cacheRate: limit / random.scale(20, 600),
    leakS,
    rate: (s) => (s < leakS ? 0 : (limit - plan.base) / fillS),
    lengthS: leakS + 2 * fillS + 300,
  };
}

/** Leaking, and on the way somebody takes a part of what is left. */
function limitLowered(random: Random): Plan {
  const plan = leaking(random);
  const [limit, leakS] = [plan.limit(0), plan.leakS as number];
  const lowered = plan.base + (limit - plan.base) * random.between(0.6, 0.9);
  const fillS = (limit - plan.base) / plan.rate(leakS);
  const loweredS = leakS + fillS * random.between(0.1, 0.4);
  return {...plan, limit: (s) => (s < loweredS ? limit : lowered), knownS: loweredS};
}

/** Grows to a part of what it has, then not any more. */
function growthEnds(random: Random): Plan {
  const plan = leaking(random);
  const [leakS, pace] = [plan.leakS as number, plan.rate(plan.leakS as number)];
  const ends = leakS + ((plan.limit(0) - plan.base) / pace) * random.between(0.1, 0.7);
  const rate = (s: number) => (s < leakS || s > ends ? 0 : pace);
  return {...plan, rate, leakS: undefined, lengthS: ends + 1800};
}

export const SCENARIOS: Record<string, Scenario> = {
  'steady leak': (random) => [leaking(random)],
  'uneven leak': (random) => [leaking(random, {uneven: true})],
  'leak from the start': (random) => [leakingFromStart(random)],
  'accelerating leak': (random) => [accelerating(random)],
  sawtooth: (random) => [sawtooth(random)],
  'sawtooth with leak': (random) => [sawtoothLeak(random)],
  burst: (random) => [burst(random)],
  'fast fill': (random) => [fastFill(random, false)],
  'fast fill from the start': (random) => [fastFill(random, true)],
  'start-up': (random) => [startUp(random)],
  'page cache to the limit': (random) => [{...cacheThenLeak(random), rate: always(0), leakS: undefined, lengthS: 3600}],
  'page cache to the limit, then leak': (random) => [cacheThenLeak(random)],
  'limit lowered': (random) => [limitLowered(random)],
  'two leaking containers': (random) => [leaking(random), leaking(random)],
  swap: (random) => [leaking(random, {swap: random.between(0.1, 0.5)})],
  'leak, killed and started again': (random) => [leaking(random, {restarts: 2, lengthS: 12_000})],
  'growth that ends': (random) => [growthEnds(random)],
};
