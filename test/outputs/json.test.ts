import test from 'ava';
import fc from 'fast-check';
import {JsonOutput, jsonLine} from '../../src/outputs/json.ts';
import {streamSink} from '../../src/outputs/sink.ts';
import {frame, header, oom, sample, stamp, unknownEvent, wait} from '../util/synthetic.ts';

test('a frame is one object a line: header, events, sample last', (t) => {
  let text = '';
  const output = new JsonOutput({
    write: (more) => {
      text += more;
      return undefined;
    },
  });
  const input = frame({header: header(), events: [wait(1, 2000), oom(2)], sample: sample(1000)});
  output.frame(input);
  const objects = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    objects.map(({kind}) => kind),
    ['header', 'event', 'event', 'sample'],
  );
  t.deepEqual(objects[1], JSON.parse(JSON.stringify(input.events[0])));
});

test('any name is one line of printable characters and parses back', (t) => {
  const units = fc.array(fc.integer({min: 0, max: 0xffff})).map((codes) => String.fromCharCode(...codes));
  const result = fc.check(
    fc.property(units, (comm) => {
      const line = jsonLine(unknownEvent(1, {comm}));
      const raw = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/.test(line.slice(0, -1));
      return !raw && line.endsWith('}\n') && JSON.parse(line).comm === comm;
    }),
    {numRuns: 2000},
  );
  t.false(result.failed, JSON.stringify(result.counterexample));
});

test('quiet leaves header, errors and summary', (t) => {
  let text = '';
  const write = (more: string) => {
    text += more;
    return undefined;
  };
  const error = {kind: 'error' as const, ...stamp(3), what: 'a', why: 'b'};
  new JsonOutput({write, quiet: true}).frame(
    frame({header: header(), events: [oom(2)], errors: [error], sample: sample(1000)}),
  );
  t.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).kind),
    ['header', 'error'],
  );
});

/** A stream whose buffer is full until `drain`. */
class FullStream {
  written: string[] = [];
  readonly #listeners = new Map<string, (error: Error) => void>();
  write(text: string): boolean {
    this.written.push(text);
    return false;
  }
  once(event: string, listener: (error: Error) => void): void {
    this.#listeners.set(event, listener);
  }
  on = this.once;
  removeListener(event: string): void {
    this.#listeners.delete(event);
  }
  emit(event: string, error = new Error()): void {
    this.#listeners.get(event)?.(error);
  }
}

test('a full stream asks to wait until it drains', async (t) => {
  const stream = new FullStream();
  const write = streamSink(stream, 'stdout');
  let over = false;
  const waiting = write('a')?.then(() => {
    over = true;
  });
  await new Promise(setImmediate);
  t.false(over);
  stream.emit('drain');
  await waiting;
  t.true(over);
});

test('a closed pipe rejects the write that waits, and all later ones', async (t) => {
  const stream = new FullStream();
  const write = streamSink(stream, 'stdout');
  const waiting = write('a');
  stream.emit('error', Object.assign(new Error('write EPIPE'), {code: 'EPIPE'}));
  const error = await t.throwsAsync(async () => await waiting, {name: 'OutputError'});
  t.is((error as unknown as {code: string}).code, 'EPIPE');
  await t.throwsAsync(async () => await write('b'), {name: 'OutputError'});
  t.deepEqual(stream.written, ['a']);
});
