import test from 'ava';
import {FOCUS_HISTORY} from '../../src/model/focus.ts';
import {Model} from '../../src/model/model.ts';
import type {Focus} from '../../src/types/stream.ts';
import {frame, header, histogram, sample} from '../util/synthetic.ts';

function started() {
  const model = new Model();
  model.apply(frame({header: header()}));
  const push = (second: number, focus?: Focus) => {
    model.apply(frame({sample: {...sample(second * 1000), ...(focus && {focus})}}));
    return model.state.focus;
  };
  return {model, push};
}

const of = (pid: number, more: Partial<Focus> = {}): Focus => ({
  pid,
  comm: 'x',
  started: `2026-01-01T00:00:0${pid}Z`,
  ...more,
});

test('the last figures of an interval stay, also when the process has ended', (t) => {
  const {push} = started();
  t.is(push(1), undefined);
  t.is(push(2, of(5))?.figures, undefined, 'nothing to compare with yet');
  t.is(push(3, of(5, {interval_ms: 1000, cpu_time_ms: 30, rss_bytes: 7}))?.figures?.cpu_time_ms, 30);
  const ended = push(4, of(5, {ended: true, rss_bytes: 7}));
  t.like(ended, {now: {ended: true, rss_bytes: 7}, figures: {cpu_time_ms: 30}, rss: [undefined, 7]});
  t.is(push(5, of(5, {ended: true, rss_bytes: 7})), ended, 'nothing more comes of it');
  t.is(push(6), ended, 'nor when nobody looks any more');
});

test('another process, the same number given anew, and a look after a pause begin anew', (t) => {
  const {push} = started();
  const figures = {interval_ms: 1000, cpu_time_ms: 1, rss_bytes: 1};
  push(1, of(5, figures));
  t.like(push(2, of(6)), {now: {pid: 6}, figures: undefined, rss: [undefined]});
  push(3, of(6, figures));
  t.deepEqual(push(4, of(6, {started: '2026-01-01T01:00:00Z'}))?.rss, [undefined]);
  push(5);
  t.deepEqual(push(6, of(6, {started: '2026-01-01T01:00:00Z', rss_bytes: 3}))?.rss, [3]);
});

test('growth of memory is told over a minute, not before ten seconds, and history is bounded', (t) => {
  const {push} = started();
  const at = (second: number) => push(second, of(5, {rss_bytes: second < 200 ? second * 1000 : 199_000}));
  for (let second = 1; second < 10; second++) t.is(at(second)?.growth_bytes_per_s, undefined);
  for (let second = 10; second < 199; second++) at(second);
  t.is(Math.round(at(199)?.growth_bytes_per_s as number), 1000);
  for (let second = 200; second < 300; second++) at(second);
  t.is(at(300)?.growth_bytes_per_s, 0);
  for (let second = 301; second < 301 + FOCUS_HISTORY; second++) at(second);
  t.is(at(1000)?.rss.length, FOCUS_HISTORY);
});

test('a recording played from its start again forgets it', (t) => {
  const {model, push} = started();
  push(1, of(5));
  model.apply(frame({header: header()}));
  t.is(model.state.focus, undefined);
});

test('its distributions add up, apart from those of all, and a state of before keeps its own', (t) => {
  const {model, push} = started();
  const own = () => of(5, {histograms: [histogram('sched', {}, [5, 900])]});
  const first = push(1, own());
  const second = push(2, own());
  t.is(first?.distributions[0]?.count, 2);
  t.is(second?.distributions[0]?.count, 4);
  t.is(second?.distributions[0]?.max, 900);
  t.deepEqual(model.state.total, []);
  t.deepEqual(push(3, of(6))?.distributions, []);
});

test('its system calls add up by name, the longest stays, and another process begins anew', (t) => {
  const {push} = started();
  const call = (count: number, total_us: number, max_us?: number) =>
    of(5, {syscalls: [{syscall: 0, syscall_name: 'read', count, total_us, ...(max_us !== undefined && {max_us})}]});
  const first = push(1, call(2, 10, 8));
  t.deepEqual(push(2, call(1, 5))?.syscalls, [{syscall: 0, syscall_name: 'read', count: 3, total_us: 15, max_us: 8}]);
  t.is(push(3, call(1, 20, 20))?.syscalls[0]?.max_us, 20);
  t.is(first?.syscalls[0]?.count, 2, 'a state of before keeps its own');
  t.deepEqual(push(4, of(6))?.syscalls, []);
});

test('its pages stay as they were counted last, and another process begins without', (t) => {
  const {push} = started();
  const sums = {bytes: 4096, allocations: 1, lost_bytes: 0, lost_allocations: 0, lost_stacks: 0, stacks: []};
  t.is(push(1, of(5))?.pages, undefined);
  t.is(push(2, of(5, {pages: {duration_ms: 900, ...sums}}))?.pages?.duration_ms, 900);
  const last = {duration_ms: 1900, ended: true as const, ...sums};
  push(3, of(5, {pages: last}));
  t.deepEqual(push(4, of(5))?.pages, last);
  t.is(push(5, of(6))?.pages, undefined);
});
