// npm run film [-- --stills]: half a minute of the page as numbered pictures in build/film/, with a
// page that plays them (build/film/index.html); with --stills instead the pictures of the README.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildAll } from '../../web/build/build.mjs';
import { at } from '../../web/build/steps.mjs';
import { withPage } from './launch.mjs';

const { values } = parseArgs({ options: { stills: { type: 'boolean' } } });
const FILM = 'build/film';
const PICTURES = 'web/visualizer/readme';
const FRAMES_PER_SECOND = 4;
const SECONDS = 30;

/** Takes pictures while `story` goes on. */
async function shoot(actor, story) {
  const most = FRAMES_PER_SECOND * SECONDS;
  let isOver = false;
  const told = story(actor).finally(() => (isOver = true));
  let frames = 0;
  const began = performance.now();
  while (!isOver && frames < most) {
    const path = at(FILM, `${String(frames++).padStart(4, '0')}.png`);
    await actor.page.screenshot({ path });
    const due = began + (1000 * frames) / FRAMES_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
  }
  await told;
  return frames;
}

async function story(actor) {
  await actor.speed(3);
  await actor.toResize(4);
  await actor.press('Play');
  await actor.page.waitForFunction(() =>
    /rehash index\s*none/.test(document.querySelector('#facts').innerText),
  );
  await actor.press('Pause');
  await actor.paused();
  await actor.type('SET otp:u1 847291 EX 300');
  await actor.find('otp:u1');
  for (let i = 0; i < 6; i++) await actor.press('Step back');
  await actor.press('Back to now');
  await actor.press('Growing without stopping');
  await actor.press('Pull the plug');
  await actor.page.waitForSelector('#plug-report .verdict');
}

function writePlayer(frames) {
  const script = `
    let next = 0;
    const picture = document.querySelector('img');
    const show = () => {
      picture.src = String(next++ % ${frames}).padStart(4, '0') + '.png';
    };
    show();
    setInterval(show, ${1000 / FRAMES_PER_SECOND});`;
  const style = 'body { margin: 0; background: #111 } img { width: 100%; display: block }';
  writeFileSync(
    at(FILM, 'index.html'),
    `<!doctype html><meta charset="utf-8"><title>wadict: half a minute</title>
<style>${style}</style><img alt="The page at work"><script>${script}</script>\n`,
  );
}

const STILLS = [
  {
    name: 'growing-light',
    view: { width: 1280, height: 900 },
    async act(actor) {
      await actor.speed(3);
      await actor.toResize(5);
      for (let i = 0; i < 7; i++) {
        await actor.press('Move one bucket');
        await actor.paused();
      }
      await actor.type('SET fruit apple EX 600');
      await actor.find('fruit');
      await actor.page.evaluate(() => scrollTo(0, 0));
    },
  },
  {
    name: 'layouts-dark',
    view: { width: 1280, height: 900, theme: 'dark' },
    async act(actor) {
      await actor.page.selectOption('#reference-layout', 'chained');
      await actor.speed(4);
      for (let i = 0; i < 19; i++) await actor.press('Step');
      await actor.paused();
      await actor.press('Insert 200,000 keys');
      await actor.page.waitForSelector('#race canvas');
      await actor.page.locator('.reference').evaluate((card) => card.scrollIntoView());
    },
  },
  {
    name: 'types-light',
    view: { width: 1280, height: 740 },
    async act(actor) {
      await actor.press('Sorted set');
      for (let i = 0; i < 4; i++) await actor.press('Add 1,000');
      await actor.page.waitForFunction(() => document.querySelectorAll('.tree-row').length === 3);
      await actor.page.locator('.tree-range input').first().fill('4000');
      await actor.page.locator('.tree-range input').last().fill('6000');
      await actor.press('Show the range');
      await actor.page.waitForFunction(() => document.querySelector('[data-in]') !== null);
      await actor.page.locator('.types').evaluate((card) => card.scrollIntoView());
    },
  },
  {
    name: 'chapter-phone-light',
    view: { width: 360, height: 740, scale: 2 },
    async act(actor) {
      await actor.press('Growing without stopping');
      await actor.press('Next');
      await actor.press('Next');
      await actor.page.locator('.chapters').evaluate((card) => card.scrollIntoView());
    },
  },
  {
    name: 'growing-phone-dark',
    view: { width: 360, height: 740, theme: 'dark', scale: 2 },
    async act(actor) {
      await actor.speed(3);
      await actor.toResize(4);
      for (let i = 0; i < 3; i++) {
        await actor.press('Move one bucket');
        await actor.paused();
      }
      await actor.page.locator('.stage').evaluate((card) => card.scrollIntoView());
    },
  },
];

await buildAll();
if (values.stills) {
  mkdirSync(at(PICTURES), { recursive: true });
  for (const { name, view, act } of STILLS) {
    const path = at(PICTURES, `${name}.png`);
    await withPage(view, async (actor) => {
      await act(actor);
      await actor.page.waitForFunction(() => document.querySelector('#lane .pipe') !== null);
      await actor.page.screenshot({ path, animations: 'disabled' });
    });
    console.log(`${PICTURES}/${name}.png`);
  }
} else {
  rmSync(at(FILM), { recursive: true, force: true });
  mkdirSync(at(FILM), { recursive: true });
  const frames = await withPage({ width: 1280, height: 900 }, (actor) => shoot(actor, story));
  writePlayer(frames);
  console.log(`${frames} pictures in ${FILM}, played by ${FILM}/index.html`);
}
