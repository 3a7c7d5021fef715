import test from 'ava';
import fc from 'fast-check';
import {Model} from '../../src/model/model.ts';
import {PlainOutput} from '../../src/outputs/plain.ts';
import {RecordingError} from '../../src/sources/recording-error.ts';
import {chunks, openBytes, runGzip, runText} from './stream.ts';

const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\p{Cs}]/u;

/** Replays bytes to plain text. Throws for anything but a RecordingError, and for a raw control character. */
async function replay(bytes: Uint8Array, size?: number): Promise<string> {
  let text = '';
  try {
    const recording = await openBytes(bytes, size);
    const model = new Model();
    const write = (more: string) => {
      text += more;
      return undefined;
    };
    const output = new PlainOutput({write});
    for await (const frame of recording.frames()) {
      model.apply(frame);
      output.frame(frame);
    }
    const {now = '', nowNs = 0n} = model.state;
    output.finish(model.finish({time: now, mono_ns: String(nowNs)}), model.state);
    if (recording.fault) text += recording.fault.message.replaceAll(/[\0-\x1f]/g, '');
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    return error.fault;
  }
  if (RAW.test(text)) throw new Error(`raw control character: ${JSON.stringify(RAW.exec(text))}`);
  return text;
}

const whole = Buffer.from(runText(3));
const gzip = runGzip(3);

test('any bytes: refused, never a crash', async (t) => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({maxLength: 2000}), async (bytes) => void (await replay(bytes))));
  t.pass();
});

test('cut anywhere: shown up to there, or refused', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({min: 1, max: 5000}), async (at, size) => {
      const text = await replay(whole.subarray(0, at), size);
      const lines = whole.subarray(0, at).filter((byte) => byte === 10).length;
      const kind = lines > 0 ? /it ends without a summary/ : /^(empty|not-a-recording|cut-off)$|it ends without/;
      if (!kind.test(text) && at < whole.length - 1) throw new Error(`cut at ${at}: ${text.slice(-200)}`);
    }),
    {numRuns: 150},
  );
  t.pass();
});

test('gzip cut or damaged anywhere never crashes', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(gzip.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
      const bytes = cut ? gzip.subarray(0, at) : Uint8Array.from(gzip, (each, i) => (i === at ? byte : each));
      await replay(bytes, 100);
    }),
    {numRuns: 200},
  );
  t.pass();
});

test('any bytes changed in the middle never crash', async (t) => {
  const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {minLength: 1, maxLength: 20});
  await fc.assert(
    fc.asyncProperty(changes, async (all) => {
      const bytes = Uint8Array.from(whole);
      for (const [at, byte] of all) bytes[at] = byte;
      await replay(bytes);
    }),
    {numRuns: 150},
  );
  t.pass();
});

const VALUES = fc.oneof(
  fc.jsonValue({maxDepth: 3}),
  fc.constantFrom('\x1b[2J', '__proto__', 1e300, -1, 2 ** 53, '9'.repeat(30), 'constructor', [], {}),
);

/** Every path to a value inside an object. */
function paths(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, each]) => paths(each, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : {...(value as object)}) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

test('any value in any place of any line never crashes, and never reaches the terminal raw', async (t) => {
  const lines = runText(2).trimEnd().split('\n');
  const line = fc
    .nat(lines.length - 1)
    .chain((n) => fc.tuple(fc.constant(n), fc.constantFrom(...paths(JSON.parse(lines[n] as string))), VALUES));
  await fc.assert(
    fc.asyncProperty(fc.array(line, {minLength: 1, maxLength: 3}), async (changes) => {
      const all = [...lines];
      for (const [n, path, by] of changes) {
        const text = JSON.stringify(replaced(JSON.parse(lines[n] as string), path, by));
        if (text !== undefined) all[n] = text;
      }
      await replay(Buffer.from(all.join('\n')));
    }),
    {numRuns: 600},
  );
  t.pass();
});

test('chunks of the helper are whole', async (t) => {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks(whole, 100)) all.push(chunk);
  t.deepEqual(Buffer.concat(all), whole);
});
