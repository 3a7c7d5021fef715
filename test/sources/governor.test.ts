import test, {type ExecutionContext} from 'ava';
import {Governor, type Verdict} from '../../src/sources/governor.ts';

/** What a probe would cost at a moment, in percent of all CPUs' time. */
type Load = (seconds: number) => number;

interface Probe {
  load: Load;
  essential?: true;
}

interface Change {
  at: number;
  id: string;
  on: boolean;
}

/** A machine whose probes cost what their loads say, governed as the live source does it. */
function simulate(budget: number, seconds: number, probes: Record<string, Probe>, fixed = 0) {
  const governor = new Governor(budget);
  const paused = new Set<string>();
  const changes: Change[] = [];
  /** Cost in percent-milliseconds by 10 ms. */
  const spent: number[] = [];
  const costs = (from: number, to: number) => {
    const sums = new Map<string, number>();
    for (let ms = from; ms < to; ms += 10) {
      let all = fixed;
      for (const [id, {load}] of Object.entries(probes)) {
        if (paused.has(id)) continue;
        const pct = load(ms / 1000);
        all += pct;
        sums.set(id, (sums.get(id) ?? 0) + pct * 10);
      }
      spent.push(all * 10);
    }
    return sums;
  };
  let now = 0;
  while (now < seconds * 1000) {
    const wait = Math.max(10, Math.ceil(governor.waitMs(now) / 10) * 10);
    const sums = costs(now, now + wait);
    now += wait;
    const shares = Object.keys(probes)
      .filter((id) => !paused.has(id))
      .map((id) => ({id, pct: (sums.get(id) ?? 0) / wait, optional: !probes[id]!.essential}));
    for (const {id} of governor.account(now, wait, shares, fixed)) {
      paused.add(id);
      changes.push({at: now / 1000, id, on: false});
    }
    const due = governor.due(now);
    if (due === undefined) continue;
    paused.delete(due);
    let verdict: Verdict = 'look on';
    while (verdict === 'look on') {
      const look = governor.lookMs(due);
      const sums = costs(now, now + look);
      now += look;
      const shares = Object.keys(probes)
        .filter((id) => id !== due && !paused.has(id))
        .map((id) => ({id, pct: (sums.get(id) ?? 0) / look, optional: !probes[id]!.essential}));
      for (const {id} of governor.account(now, look, shares, fixed)) {
        paused.add(id);
        changes.push({at: now / 1000, id, on: false});
      }
      verdict = governor.tried(due, (sums.get(due) ?? 0) / look, look, now);
    }
    if (verdict === 'stays') changes.push({at: now / 1000, id: due, on: true});
    else paused.add(due);
  }
  return {changes, spent, paused, governor};
}

/** The highest mean over any ten seconds from `from` on. */
function worstTen(spent: readonly number[], from: number): number {
  let [sum, worst] = [0, 0];
  for (let i = from * 100; i < spent.length; i++) {
    sum += spent[i]!;
    if (i >= from * 100 + 1000) sum -= spent[i - 1000]!;
    worst = Math.max(worst, sum / 10_000);
  }
  return worst;
}

const steady = (pct: number): Probe => ({load: () => pct});
const until = (end: number, pct: number, rest = 0): Probe => ({load: (s) => (s < end ? pct : rest)});

function holds(t: ExecutionContext, budget: number, spent: readonly number[]): void {
  const worst = worstTen(spent, 5);
  t.log(`${worst.toFixed(3)} % at worst over ten seconds, budget ${budget} %`);
  t.true(worst < 1.2 * budget);
}

test('what stays within the budget is left alone', (t) => {
  const {changes} = simulate(1, 120, {sched: steady(0.6), vfs: steady(0.35)}, 0.04);
  t.deepEqual(changes, []);
});

test('a burst that the budget can bear pauses nothing', (t) => {
  const burst: Probe = {load: (s) => (s % 10 < 0.6 ? 5 : 0.1)};
  t.deepEqual(simulate(1, 120, {sched: burst}).changes, []);
});

for (const ratio of [1.05, 1.3, 2, 10, 40, 100])
  test(`a storm of ${ratio} times the budget is over within 5 s and stays so`, (t) => {
    const {changes, spent, paused} = simulate(0.5, 400, {sched: steady(0.5 * ratio), oom: steady(0.001)});
    t.true(changes[0]!.at <= 5 && changes[0]!.id === 'sched', JSON.stringify(changes[0]));
    t.is(changes.length, 1, 'never back while it lasts');
    t.true(paused.has('sched'));
    holds(t, 0.5, spent);
  });

test('the dearest go first, as many as it takes, and those that cost nothing stay', (t) => {
  const {changes, paused, spent} = simulate(1, 60, {
    sched: steady(3),
    vfs: steady(8),
    drops: steady(1.5),
    faults: steady(0.4),
    retransmit: steady(0.01),
  });
  t.deepEqual([...paused].sort(), ['drops', 'sched', 'vfs']);
  t.deepEqual(
    changes.filter(({on}) => !on).map(({id}) => id),
    ['vfs', 'sched', 'drops'],
  );
  t.true(changes.every(({at}) => at <= 5));
  holds(t, 1, spent);
});

test('a storm takes no bystander along', (t) => {
  const {paused} = simulate(1, 60, {sched: steady(0.9), drops: {load: (s) => (s < 20 ? 0 : 15)}});
  t.deepEqual([...paused], ['drops']);
});

test('what may not be paused is not, whatever it costs', (t) => {
  const {changes} = simulate(1, 60, {oom: {...steady(5), essential: true}, sched: steady(0.2), vfs: steady(0.01)});
  t.deepEqual(
    changes.map(({id}) => id),
    ['sched'],
    'of those that help',
  );
});

test('what is over the budget with nothing left to pause is admitted after 10 s', (t) => {
  const governor = new Governor(1);
  const at = (ms: number, fixed: number) => {
    governor.account(ms, 1000, [{id: 'sched', pct: 0.01, optional: true}], fixed);
    return governor.helplessPct(ms);
  };
  for (let s = 1; s < 13; s++) t.is(at(s * 1000, 1.5), undefined, `${s}`);
  t.is(at(14_000, 1.5)?.toFixed(2), '1.51');
  for (let s = 15; s < 20; s++) at(s * 1000, 0.2);
  t.is(governor.helplessPct(19_000), undefined);
});

test('it comes back soon after a short storm, once', (t) => {
  const {changes, spent} = simulate(1, 120, {sched: until(15, 8, 0.2)});
  t.deepEqual(
    changes.map(({on}) => on),
    [false, true],
  );
  t.true(changes[1]!.at > 15 && changes[1]!.at < 36, String(changes[1]!.at));
  holds(t, 1, spent);
});

test('a storm that comes and goes makes it wait longer each time', (t) => {
  // Quiet whenever somebody looks again, and at it as soon as the probe is back for good.
  const {changes} = simulate(1, 1500, {sched: {load: (s) => (s % 17 < 9 ? 0.1 : 10)}});
  const pauses = changes.filter(({on}) => !on).map(({at}) => at);
  t.true(pauses.length < 12, pauses.join());
  const gaps = pauses.slice(1).map((at, i) => at - pauses[i]!);
  t.true(gaps.at(-1)! > 100, gaps.join());
});

test('where what cannot be paused is over the budget, a probe that costs little stays', (t) => {
  const {changes, paused} = simulate(
    0.2,
    60,
    {sched: steady(0.03), vfs: steady(0.15), oom: {load: () => 0.01, essential: true}},
    0.25,
  );
  t.deepEqual([...paused], ['vfs']);
  t.deepEqual(
    changes.map(({id, on}) => [id, on]),
    [['vfs', false]],
  );
});

test('a lull of the load at the first look deceives nobody', (t) => {
  const {changes, spent} = simulate(0.3, 300, {sched: {load: (s) => (s % 0.25 < 0.1 ? 0 : 8)}});
  t.deepEqual(
    changes.map(({on}) => on),
    [false],
  );
  holds(t, 0.3, spent);
});

test('a load that rests for seconds brings a probe back, which is noticed at once when it goes on', (t) => {
  const {spent} = simulate(0.3, 300, {sched: {load: (s) => (s % 13 < 9 ? 8 : 0)}});
  holds(t, 0.3, spent);
});

test('after a minute of running well the wait is short again', (t) => {
  const {changes} = simulate(1, 400, {sched: {load: (s) => (s < 8 || (s > 200 && s < 208) ? 10 : 0.1)}});
  const [first, back, second, again] = changes;
  t.true(back!.at - first!.at < 12);
  t.true(second!.at > 200 && again!.at - second!.at < 12);
  t.is(changes.length, 4);
});

test('an account longer than the window counts as the window', (t) => {
  const governor = new Governor(1);
  t.deepEqual(governor.account(60_000, 60_000, [{id: 'sched', pct: 0.9, optional: true}], 0), []);
  t.is(governor.account(120_000, 60_000, [{id: 'sched', pct: 1.1, optional: true}], 0).length, 1);
});

test('one that the user has switched starts anew', (t) => {
  const governor = new Governor(1);
  const sched = {id: 'sched', pct: 20, optional: true};
  t.is(governor.account(1000, 1000, [sched], 0).length, 1);
  governor.forget('sched');
  t.is(governor.due(100_000), undefined);
  t.is(governor.spentPct(), 0);
  t.is(governor.account(1100, 100, [sched], 0).length, 0);
});
