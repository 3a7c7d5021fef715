import test from 'ava';
import {OwnerSearch} from '../../src/sources/owner-search.ts';

function search(costMs: number) {
  const told = {passes: 0, now: 0};
  const owners = new OwnerSearch(
    () => {
      told.passes++;
      told.now += costMs;
    },
    () => told.now,
  );
  return {owners, told};
}

test('a connection that was not accepted yet is looked for again a quarter of a second later', (t) => {
  const {owners, told} = search(0.5);
  owners.look({netns: 1, sport: 80, dport: 40_000});
  told.now = 200;
  owners.look({netns: 1, sport: 80, dport: 40_000});
  t.is(told.passes, 1);
  told.now = 251;
  owners.look({netns: 1, sport: 80, dport: 40_000});
  t.is(told.passes, 2);
});

test('passes that take long come less often, but at least every five seconds', (t) => {
  const {owners, told} = search(10);
  owners.look({sport: 1});
  told.now = 2009;
  owners.look({sport: 2});
  t.is(told.passes, 1);
  told.now = 2011;
  owners.look({sport: 2});
  t.is(told.passes, 2);
  const slow = search(1000);
  slow.owners.look({sport: 1});
  slow.told.now = 6001;
  slow.owners.look({sport: 2});
  t.is(slow.told.passes, 2);
});

test('what three passes have not found is left alone; another connection is not', (t) => {
  const {owners, told} = search(0);
  for (let i = 0; i < 20; i++) {
    told.now += 1000;
    owners.look({netns: 1, sport: 80, dport: 1});
  }
  t.is(told.passes, 3);
  owners.look({netns: 1, sport: 80, dport: 2});
  t.is(told.passes, 4);
  for (let i = 0; i < 5000; i++) {
    told.now += 1000;
    owners.look({netns: 1, sport: 80, dport: 10 + i});
  }
  t.is(told.passes, 5004);
});
