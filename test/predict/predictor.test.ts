import test from 'ava';
import {Predictor} from '../../src/predict/predictor.ts';
import {feed, LIMIT, leak, MIB} from './feed.ts';

/** From 200 MiB on, after two quiet minutes, 2 MiB a second: full at second 520. */
const STEADY = leak(200 * MIB, 120, 2 * MIB);
const FULL_S = 520;

test('a steady leak: when it will be full, soon and exactly', (t) => {
  const told = feed(new Predictor(), [0, FULL_S], STEADY);
  const first = told[0];
  t.true(first !== undefined && first.s >= 120 && first.s < 140, String(first?.s));
  for (const {s, eta_s, eta_low_s, eta_high_s} of told.filter((each) => each.s > 140)) {
    t.true(Math.abs(eta_s - (FULL_S - s)) <= 0.05 * (FULL_S - s) + 0.5, `${eta_s} at ${s}`);
    t.true(eta_low_s <= FULL_S - s && FULL_S - s <= eta_high_s);
  }
  const last = told.at(-1);
  t.is(last?.limit_bytes, LIMIT);
  t.true(Math.abs((last?.growth_bytes_per_s as number) / (2 * MIB) - 1) < 0.01);
});

test('an alarm at first, at each halving of the time, and when it becomes urgent; not in between', (t) => {
  const alarms = feed(new Predictor(), [0, FULL_S], STEADY).filter(({alarm}) => alarm);
  t.deepEqual(
    alarms.map(({alarm}) => alarm),
    ['warning', 'warning', 'warning', 'critical', 'critical'],
  );
  for (const [i, {eta_s}] of alarms.slice(1, 3).entries()) {
    const before = alarms[i]?.eta_s as number;
    t.true(eta_s <= before / 2 && eta_s > before / 2 - 3);
  }
  t.true((alarms[3]?.eta_s as number) > 58);
});

test('quiet within six seconds when the growth stops, and right again when it goes on', (t) => {
  const stops = (s: number) => STEADY(s < 300 ? s : Math.max(300, s - 200));
  const told = feed(new Predictor(), [0, 720], stops);
  const pause = told.filter(({s}) => s >= 306 && s < 500);
  t.deepEqual(pause, []);
  const again = told.filter(({s}) => s >= 515);
  t.true(again.length > 150);
  for (const {s, eta_s} of again) t.true(Math.abs(eta_s - (720 - s)) <= 0.05 * (720 - s) + 0.5, `${eta_s} at ${s}`);
});

test('page cache up to the limit is nothing; a leak below it is told like any other', (t) => {
  const cached = () => ({usage_bytes: LIMIT});
  t.deepEqual(
    feed(new Predictor(), [0, 600], () => 200 * MIB, cached),
    [],
  );
  const told = feed(new Predictor(), [0, FULL_S], STEADY, cached);
  t.true(Math.abs((told.at(-100)?.eta_s as number) - 100) < 2);
});

test('what can be taken back must be known: from usage alone nothing is told', (t) => {
  t.deepEqual(
    feed(new Predictor(), [0, FULL_S], STEADY, () => ({unreclaimable_bytes: undefined})),
    [],
  );
  t.deepEqual(
    feed(new Predictor(), [0, FULL_S], STEADY, () => ({limit_bytes: undefined})),
    [],
  );
});

test('another limit: quiet for three seconds, then right for the new one', (t) => {
  const lowered = (s: number) => ({limit_bytes: s < 300 ? LIMIT : LIMIT - 100 * MIB});
  const told = feed(new Predictor(), [0, 470], STEADY, lowered);
  t.deepEqual(
    told.filter(({s}) => s >= 300 && s < 303),
    [],
  );
  for (const {s, eta_s} of told.filter((each) => each.s >= 303)) {
    t.true(Math.abs(eta_s - (470 - s)) <= 0.05 * (470 - s) + 0.5, `${eta_s} at ${s}`);
  }
});

test('a higher limit: quiet for three seconds, then right for the new one', (t) => {
  const raised = (s: number) => ({limit_bytes: s < 300 ? LIMIT : LIMIT + 300 * MIB});
  const told = feed(new Predictor(), [0, 600], STEADY, raised);
  t.deepEqual(
    told.filter(({s}) => s >= 300 && s < 303),
    [],
  );
  const after = told.filter((each) => each.s >= 303);
  t.is(after.length, 297);
  for (const {s, eta_s} of after) t.true(Math.abs(eta_s - (670 - s)) <= 0.05 * (670 - s) + 0.5, `${eta_s} at ${s}`);
});

/** Quiet for two minutes, then full within ten seconds. */
const fast = (base: number) => leak(base, 120, (LIMIT - base) / 10);

test('what fills within ten seconds is told after four, and is an alarm three seconds before the kill', (t) => {
  const told = feed(new Predictor(), [0, 130], fast(200 * MIB));
  t.true(told[0]!.s <= 124, String(told[0]!.s));
  for (const {s, eta_low_s, eta_high_s} of told) t.true(eta_low_s <= 130 - s && 130 - s <= eta_high_s, String(s));
  const alarm = told.find((each) => each.alarm);
  t.is(alarm?.alarm, 'critical');
  t.true(alarm !== undefined && alarm.s <= 127, String(alarm?.s));
});

test('the same from its start on: an alarm before the kill; a start that needs two thirds is none', (t) => {
  const start = (s: number) => fast(0)(s + 120);
  const told = feed(new Predictor(), [0, 10], start);
  t.is(told.findLast((each) => each.alarm)?.alarm, 'critical');
  const ends = feed(new Predictor(), [0, 300], (s) => Math.min(0.65 * LIMIT, start(s)));
  t.deepEqual(
    ends.filter(({alarm}) => alarm),
    [],
  );
});

test('a burst of seconds that takes half of the room is no alarm', (t) => {
  for (const lastsS of [1, 2, 3, 4]) {
    const burst = (s: number) => 200 * MIB + 400 * MIB * Math.min(1, Math.max(0, s - 120) / lastsS);
    t.deepEqual(
      feed(new Predictor(), [0, 300], burst).filter(({alarm}) => alarm),
      [],
      String(lastsS),
    );
  }
});

test('swap is room, and what was swapped out has grown all the same', (t) => {
  const swap = 200 * MIB;
  const swapped = (s: number) => Math.max(0, STEADY(s) - LIMIT);
  const told = feed(
    new Predictor(),
    [0, FULL_S + 100],
    (s) => Math.min(LIMIT, STEADY(s)),
    (s) => ({swapped_bytes: swapped(s), swap_allowance_bytes: swap - swapped(s)}),
  );
  for (const {s, eta_s} of told.filter((each) => each.s > 140)) {
    t.true(Math.abs(eta_s - (FULL_S + 100 - s)) <= 0.05 * (FULL_S + 100 - s) + 0.5, `${eta_s} at ${s}`);
  }
  t.true(told.length > 450);
});

/** 20 s up by a fifth of the limit, then all of it given back. */
const tooth = (s: number) => 300 * MIB + (s % 20) * 10 * MIB;

test('a saw: no alarm, whatever it would come to in the middle of a tooth', (t) => {
  const told = feed(new Predictor(), [0, 1800], tooth);
  t.deepEqual(
    told.filter(({alarm}) => alarm),
    [],
  );
  t.deepEqual(
    told.filter(({s}) => s > 30),
    [],
  );
});

test('a saw that also leaks: told from what it leaves, to when its peaks reach the limit', (t) => {
  const leaking = (s: number) => tooth(s) + Math.max(0, s - 200) * MIB;
  // The peaks are at 490 MiB.
  const full = 200 + 510;
  const told = feed(new Predictor(), [0, full], leaking).filter(({s}) => s > 360);
  t.true(told.length > 250);
  for (const {s, eta_s} of told) t.true(Math.abs(eta_s - (full - s)) <= 0.15 * (full - s) + 10, `${eta_s} at ${s}`);
});

test('a step is no growth', (t) => {
  const steps = (s: number) => 100 * MIB + Math.floor(s / 100) * 100 * MIB;
  t.deepEqual(
    feed(new Predictor(), [0, 800], steps).filter(({alarm}) => alarm),
    [],
  );
});

test('a scope that gets no point has ended; its name given anew begins anew', (t) => {
  const predictor = new Predictor();
  t.true(feed(predictor, [0, 200], STEADY).length > 0);
  t.deepEqual(predictor.predict(), []);
  t.deepEqual(feed(predictor, [201, 206], STEADY), []);
  const other = feed(predictor, [206, 211], STEADY, () => ({identity: 'another'}));
  t.deepEqual(other, []);
});

test('two that leak are told apart, the nearer one first', (t) => {
  const predictor = new Predictor();
  let last: ReturnType<Predictor['predict']> = [];
  for (let s = 0; s < 300; s++) {
    for (const [id, pace] of Object.entries({slow: 1, fast: 3})) {
      const bytes = leak(100 * MIB, 120, pace * MIB)(s);
      predictor.push(id, {ms: s * 1000, usage_bytes: bytes, limit_bytes: LIMIT, unreclaimable_bytes: bytes});
    }
    last = predictor.predict();
  }
  t.deepEqual(
    last.map(({id}) => id),
    ['fast', 'slow'],
  );
  const rates = last.map((each) => Math.round(each.growth_bytes_per_s / MIB));
  t.deepEqual(rates, [3, 1]);
});

test('a process below a cgroup grows into the room that is left to it', (t) => {
  const told = feed(new Predictor(), [0, FULL_S], STEADY, (s) => ({
    limit_bytes: undefined,
    headroom_bytes: Math.max(0, 500 * MIB - STEADY(s)),
  }));
  const at = told.find(({s}) => s === 200);
  t.true(Math.abs((at?.eta_s as number) - 70) < 2);
  t.is(at?.limit_bytes, undefined);
});

test('of hundreds that all grow, all are told of, though each interval looks closely at few', (t) => {
  const predictor = new Predictor();
  const seen = new Set<string>();
  let most = 0;
  for (let s = 0; s < 240; s++) {
    for (let i = 0; i < 400; i++) {
      const bytes = 100 * MIB + s * (1.5 + i / 400) * MIB;
      predictor.push(String(i), {ms: s * 1000, usage_bytes: bytes, limit_bytes: LIMIT, unreclaimable_bytes: bytes});
    }
    const told = predictor.predict();
    most = Math.max(most, told.length);
    for (const {id} of told) seen.add(id);
  }
  t.is(seen.size, 400);
  t.true(most < 200, String(most));
});

test('killed and started again is no saw: the next leak is an alarm as well', (t) => {
  const lives = (s: number) => STEADY(s % FULL_S);
  const told = feed(new Predictor(), [0, 3 * FULL_S], lives);
  for (const life of [0, 1, 2]) {
    const alarm = told.find(({s, alarm}) => alarm && s >= life * FULL_S + 10);
    t.true(alarm !== undefined && alarm.s < life * FULL_S + 220, `life ${life}: ${alarm?.s}`);
  }
});

test('a small fast step amid a slow leak isn’t taken for growth that has long been seen', (t) => {
  const held = (s: number) => leak(200 * MIB, 120, 0.2 * MIB)(s) + Math.min(60, Math.max(0, s - 600) * 10) * MIB;
  const told = feed(new Predictor(), [0, 900], held);
  t.deepEqual(
    told.filter(({alarm}) => alarm),
    [],
  );
});

test('what was told from an older point is told as of now: of scopes that wait for their turn', (t) => {
  const predictor = new Predictor();
  const at = (id: string, s: number, bytes: number) =>
    predictor.push(id, {ms: s * 1000, usage_bytes: bytes, limit_bytes: LIMIT, unreclaimable_bytes: bytes});
  let told = 0;
  for (let s = 0; s < FULL_S; s++) {
    at('b', s, MIB);
    if (s % 10 === 0 || s < 150) at('a', s, STEADY(s));
    else predictor.keep('a');
    for (const {eta_s, eta_low_s, eta_high_s} of predictor.predict()) {
      const left = FULL_S - s;
      if (s < 200) continue;
      told++;
      t.true(Math.abs(eta_s - left) <= 0.05 * left + 1, `${eta_s} at ${s}`);
      t.true(eta_low_s <= eta_s && eta_s <= eta_high_s);
    }
  }
  t.true(told > 300, String(told));
  for (let s = FULL_S; s < 560; s++) {
    at('b', s, MIB);
    predictor.keep('a');
    const again = predictor.predict();
    if (s > 540) t.deepEqual(again, [], 'what did not come is not told for ever');
  }
});
