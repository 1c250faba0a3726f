import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { open } from 'wadict';
import { useWadict } from 'wadict/react';
import { createStorage } from 'wadict/storage';

const App = ({ storage }) => {
  const [cart] = useWadict(storage, 'cart', ['initial']);
  return createElement('b', null, JSON.stringify(cart));
};

test('without a storage, the initial value', () => {
  assert.equal(
    renderToString(createElement(App, { storage: null })),
    '<b>[&quot;initial&quot;]</b>',
  );
});

test('with one, the initial value too, so that hydration agrees', async () => {
  const db = await open('server', { storage: 'memory' });
  const storage = await createStorage(db);
  storage.setItem('cart', '["stored"]');
  assert.equal(renderToString(createElement(App, { storage })), '<b>[&quot;initial&quot;]</b>');
  storage.close();
  await db.close();
});
