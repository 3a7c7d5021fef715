import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {Model} from '../../src/model/model.ts';
import {openRecording} from '../../src/sources/recording.ts';
import type {Summary} from '../../src/types/stream.ts';

const REPO = join(import.meta.dirname, '../..');
const FOLDERS = ['test/fixtures', 'examples'];
const recordings = FOLDERS.flatMap((folder) =>
  readdirSync(join(REPO, folder)).map((name) => join(folder, name)),
).filter((name) => /\.ndjson(\.gz)?$/.test(name));

// What a live run said in its last line is what the model makes of its recording.
for (const name of recordings) {
  test(`${name}: replayed figures are the live ones`, async (t) => {
    const recording = await openRecording({file: join(REPO, name), pace: 'fast'});
    const model = new Model();
    let live: Summary | undefined;
    for await (const frame of recording.frames()) {
      model.apply(frame);
      live ??= frame.summary;
    }
    t.is(recording.fault, undefined);
    if (!live) return t.fail('it has no summary');
    const replayed = model.finish({time: live.time, mono_ns: live.mono_ns});
    t.deepEqual(JSON.parse(JSON.stringify(replayed.subsystems)), live.subsystems);
    t.deepEqual(replayed.loss, live.loss);
    t.is(replayed.overall, live.overall);
    t.is(replayed.duration_s, live.duration_s);
  });
}
