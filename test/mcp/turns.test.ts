import test from 'ava';
import {Turns} from '../../src/mcp/turns.ts';

/** Work that ends when it is told to. */
function work() {
  let end = (): void => {};
  let begun = false;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const run = async (): Promise<void> => {
    begun = true;
    await done;
  };
  return {run, end: () => end(), begun: () => begun};
}

const never = new AbortController().signal;
const soon = (): Promise<void> => new Promise((done) => setImmediate(done));

test('three run at once, the others in the order in which they came', async (t) => {
  const turns = new Turns();
  const works = Array.from({length: 5}, work);
  const runs = works.map(({run}) => turns.run(never, run));
  const begun = async () => {
    await soon();
    return works.map((each) => each.begun());
  };
  t.deepEqual(await begun(), [true, true, true, false, false]);
  works[1]!.end();
  t.deepEqual(await begun(), [true, true, true, true, false]);
  works[0]!.end();
  t.deepEqual(await begun(), [true, true, true, true, true]);
  for (const {end} of works) end();
  await Promise.all(runs);
  await turns.idle();
});

test('work that fails makes room too', async (t) => {
  const turns = new Turns();
  const fail = () => Promise.reject(new Error('no'));
  for (let i = 0; i < 10; i++) await t.throwsAsync(turns.run(never, fail), {message: 'no'});
  t.is(await turns.run(never, async () => 1), 1);
});

test('who is cancelled while waiting never begins, and makes room in the queue', async (t) => {
  const turns = new Turns();
  const running = Array.from({length: 3}, work);
  const runs = running.map(({run}) => turns.run(never, run));
  const [cancelled, next] = [work(), work()];
  const cancel = new AbortController();
  const given = turns.run(cancel.signal, cancelled.run);
  const later = turns.run(never, next.run);
  cancel.abort(new Error('cancelled'));
  await t.throwsAsync(given, {message: 'cancelled'});
  for (const {end} of [...running, next]) end();
  await Promise.all([...runs, later]);
  t.false(cancelled.begun());
  await t.throwsAsync(turns.run(cancel.signal, cancelled.run), {message: 'cancelled'});
});

test('more than sixteen that wait are refused', async (t) => {
  const turns = new Turns();
  const works = Array.from({length: 19}, work);
  const runs = works.map(({run}) => turns.run(never, run));
  await t.throwsAsync(
    turns.run(never, async () => {}),
    {message: /3 calls are running and 16 waiting/},
  );
  for (const {end} of works) end();
  await Promise.all(runs);
});

test('idle waits for what runs to its very end', async (t) => {
  const turns = new Turns();
  const one = work();
  const run = turns.run(never, one.run);
  let idle = false;
  const waiting = turns.idle().then(() => {
    idle = true;
  });
  await soon();
  t.false(idle);
  one.end();
  await Promise.all([run, waiting]);
  t.true(idle);
});
