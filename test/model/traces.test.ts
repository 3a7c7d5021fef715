import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {TraceAnswered} from '../../src/types/stream.ts';
import {frame, header, stamp, traced} from '../util/synthetic.ts';

function modelWith(...traces: Parameters<typeof frame>[0][]): Model {
  const model = new Model();
  model.apply(frame({header: header()}));
  for (const each of traces) model.apply(frame(each));
  return model;
}

test('the newest twenty traces are kept, the newest last; a new header forgets them', (t) => {
  const model = modelWith(...Array.from({length: 25}, (_, i) => ({traces: [traced(i, 1, {name: `t${i}`})]})));
  t.deepEqual(
    model.state.traces?.map(({trace: {name}}) => name),
    Array.from({length: 20}, (_, i) => `t${i + 5}`),
  );
  model.apply(frame({header: header()}));
  t.is(model.state.traces, undefined);
});

test('fewer where they hold many events, but the newest always', (t) => {
  const big = (ms: number) => ({traces: [traced(ms, 20_000, {name: `t${ms}`})]});
  t.is(modelWith(big(1), big(2), big(3)).state.traces?.length, 2);
  t.deepEqual(modelWith({traces: [traced(1)]}, {traces: [traced(2, 60_000)]}).state.traces?.length, 1);
});

test('of a request each program that ran, with the stamp of the answer; the list that somebody holds stays', (t) => {
  const {kind: _, ...ran} = traced(7);
  const refused = {...ran, trace: {name: 'bad', state: 'refused' as const, reason: 'no such thing'}};
  const {events_per_second: __, ...totals} = ran.stats;
  const answer: TraceAnswered = {
    kind: 'trace',
    ...stamp(9),
    request: {},
    results: [ran, refused],
    statistics: {...totals, programs: {done: 1, refused: 1}},
    scripts: [],
    failures: [],
    skipped: [],
  };
  const model = modelWith({traces: [traced(1)]});
  const held = model.state.traces;
  model.apply(frame({traces: [answer]}));
  t.is(held?.length, 1);
  t.deepEqual(
    model.state.traces?.map(({mono_ns}) => mono_ns),
    [stamp(1).mono_ns, stamp(9).mono_ns],
  );
});
