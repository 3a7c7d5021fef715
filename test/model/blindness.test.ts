import test from 'ava';
import {blindness} from '../../src/model/status/blindness.ts';

const probe = (id: string, state: 'attached' | 'degraded' | 'off' | 'paused' | 'unavailable') => ({id, state});

test('a subsystem is known by the probes that tell how it fares, not by those beside them', (t) => {
  t.is(blindness([probe('sched', 'attached'), probe('wakeups', 'off')]), undefined);
  t.is(blindness([probe('sched', 'degraded')]), undefined);
  t.is(blindness([probe('sched', 'off'), probe('wakeups', 'attached')]), 'no probe attached that tells (sched)');
  t.is(
    blindness([probe('process', 'unavailable'), probe('tasks', 'attached')]),
    'no probe attached that tells (process)',
  );
  t.is(blindness([probe('sched', 'paused'), probe('wakeups', 'attached')]), 'paused by the overhead governor');
  t.is(blindness([probe('block', 'off')]), 'no probe attached');
  t.is(blindness([]), 'no probe attached');
  t.is(blindness([probe('of-a-later-version', 'attached')]), undefined);
});
