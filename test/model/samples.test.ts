import test from 'ava';
import {LastSamples, MAX_SAMPLE_FIGURES, MAX_SAMPLES} from '../../src/model/samples.ts';
import {histogram, sample} from '../util/synthetic.ts';

test('the last samples are kept, in their order', (t) => {
  const last = new LastSamples();
  const all = Array.from({length: 100}, (_, i) => sample(i * 1000));
  for (const each of all) last.add(each);
  t.deepEqual(last.list, all.slice(-MAX_SAMPLES));
});

test('of samples with huge distributions, labels or lists fewer are kept, never none', (t) => {
  const cpus = Array.from({length: 5000}, () => [1]);
  const wide = histogram('sched', {}, [1], cpus);
  const long = {name: 'hits', labels: {probe: 'x'.repeat(4096)}, value: 1};
  for (const parts of [{histograms: [wide, wide]}, {counters: new Array(1000).fill(long)}]) {
    const last = new LastSamples();
    for (let i = 0; i < 70; i++) last.add(sample(i * 1000, parts));
    t.true(last.list.length > 1 && last.list.length < MAX_SAMPLES, String(last.list.length));
    t.is(last.list.at(-1)?.mono_ns, sample(69_000).mono_ns);
    last.add(sample(70_000, {counters: new Array(MAX_SAMPLE_FIGURES / 32 + 1).fill({...long, labels: {}})}));
    t.is(last.list.length, 1);
  }
});
