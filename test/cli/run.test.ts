import test from 'ava';
import {isTold} from '../../src/cli/errors.ts';
import {run} from '../../src/cli/run.ts';
import {Model} from '../../src/model/model.ts';
import {JsonOutput} from '../../src/outputs/json.ts';
import type {Source} from '../../src/types/frame.ts';
import type {StreamObject} from '../../src/types/stream.ts';
import {Problem} from '../../src/util/problem.ts';
import {frame, header} from '../util/synthetic.ts';

/** A source that delivers a header and then fails. */
function failing(error: Error): Source {
  return {
    async *frames() {
      yield frame({header: header()});
      throw error;
    },
    stop() {},
    async close() {},
  };
}

test('a source that fails ends the run with its error and the summary in the stream', async (t) => {
  const lines: string[] = [];
  const output = new JsonOutput({write: (text) => void lines.push(text)});
  const error = new Problem('events', 'they stopped', 'try again');
  await t.throwsAsync(run({source: failing(error), model: new Model(), output}), {is: error});
  const objects: StreamObject[] = lines
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    objects.map(({kind}) => kind),
    ['header', 'error', 'summary'],
  );
  t.like(objects[1], {what: 'events', why: 'they stopped', remedy: 'try again'});
  t.true(isTold(error), 'it is not told a second time');
});

test('with the output broken too, the summary goes elsewhere', async (t) => {
  const error = new Error('no more');
  const output = {frame: () => Promise.reject(new Error('full')), finish: () => undefined};
  let rescued = 0;
  await t.throwsAsync(run({source: failing(error), model: new Model(), output, rescue: () => void rescued++}), {
    is: error,
  });
  t.is(rescued, 1);
  t.false(isTold(error));
});
