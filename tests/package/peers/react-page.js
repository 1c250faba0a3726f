import { act, createElement } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { open } from 'wadict';
import { useWadict } from 'wadict/react';
import { createStorage } from 'wadict/storage';

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const kEmpty = [];
let setCart;
const App = ({ storage }) => {
  const [cart, set] = useWadict(storage, 'cart', kEmpty);
  setCart = set;
  return createElement('b', null, JSON.stringify(cart));
};

async function run() {
  const errors = [];
  const db = await open('react');
  const storage = await createStorage(db);
  storage.setItem('cart', '["from before"]');
  const root = document.createElement('div');
  root.innerHTML = renderToString(createElement(App, { storage: null }));
  const server = root.innerHTML;
  const onRecoverableError = (error) => errors.push(String(error));
  await act(() => hydrateRoot(root, createElement(App, { storage }), { onRecoverableError }));
  const hydrated = root.textContent;
  await act(() => setCart(['from before', 'own']));
  const added = root.textContent;
  await act(() => setCart((cart) => [...cart, 'more']));
  const functional = root.textContent;
  await storage.settled();
  const other = await createStorage(db);
  await act(async () => {
    const heard = new Promise((resolve) => storage.subscribe(resolve));
    other.setItem('cart', '["other copy"]');
    await heard;
  });
  const remote = root.textContent;
  await act(() => setCart(undefined));
  return { server, hydrated, added, functional, remote, removed: root.textContent, errors };
}

globalThis.results = run();
