import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import Keyv from 'keyv';
import * as test from 'vitest';
import { open } from 'wadict';
import { KeyvWadict } from 'wadict/keyv';

const db = await open('keyv', { storage: 'memory' });
const store = () => new KeyvWadict(db);

keyvTestSuite(test, Keyv, store);
keyvIteratorTests(test, Keyv, store);

test.it('the engine itself forgets what has expired', async (t) => {
  const keyv = new Keyv({ store: store(), namespace: 'short' });
  await keyv.set('k', 'v', 60_000);
  t.expect(await db.pttl('keyv:short:k')).toBeGreaterThan(59_000);
  await keyv.set('k', 'v');
  t.expect(await db.pttl('keyv:short:k')).toBe(-1);
});

test.it('clear keeps to its namespace, also when that is a pattern', async (t) => {
  const [star, other] = ['*', 'other'].map((namespace) => new Keyv({ store: store(), namespace }));
  await star.set('k', 1);
  await other.set('k', 2);
  await star.clear();
  t.expect(await star.get('k')).toBeUndefined();
  t.expect(await other.get('k')).toBe(2);
});
