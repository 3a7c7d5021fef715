import test from 'ava';
import {Signals} from '../../src/cli/signals.ts';

test.serial('a signal ends what runs, and one that came before ends it at once', (t) => {
  const signals = new Signals();
  t.teardown(() => signals.release());
  let ended = 0;
  process.emit('SIGTERM');
  t.true(signals.asked);
  signals.end(() => ended++);
  t.is(ended, 1);

  const later = new Signals();
  t.teardown(() => later.release());
  signals.release();
  later.end(() => ended++);
  t.is(ended, 1);
  process.emit('SIGINT');
  t.is(ended, 2);
});

test.serial('after its release nothing listens any more', (t) => {
  const before = process.listenerCount('SIGHUP');
  const signals = new Signals();
  t.is(process.listenerCount('SIGHUP'), before + 1);
  signals.release();
  t.is(process.listenerCount('SIGHUP'), before);
});
