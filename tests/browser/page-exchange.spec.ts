// Files between the page and a real redis-server 8.0.2, both ways, compared by DEBUG DIGEST.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { show } from '../oracle/resp.mjs';
import { RedisTarget } from '../oracle/targets.mjs';
import { downloaded, expect, kSpeeds, test } from './page-fixture.ts';

/** A digest without the quotes or signs that either side shows around it. */
const hex = (text: string): string => /[0-9a-f]{40}/.exec(text)?.[0] ?? `no digest: ${text}`;

test('a dump.rdb of the page loads in redis-server, and one of redis-server on the page @P25 @P26', async ({
  wadict,
  address,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'wadict-page-exchange-'));
  try {
    await wadict.open(address);
    await wadict.setSpeed(kSpeeds.full);
    await wadict.run('DEBUG POPULATE 3000');
    await wadict.run('SET session token PX 86400000');
    await wadict.run('SET binary "\\x00\\xff"');
    await wadict.run('SET number 12345');
    const ours = hex(await wadict.run('DEBUG DIGEST'));
    const file = await downloaded(wadict.page, () => wadict.button('Download dump.rdb').click());
    await writeFile(join(folder, 'dump.rdb'), file);

    const redis = await RedisTarget.start({ folder });
    try {
      expect(hex(show(await redis.call('DEBUG', 'DIGEST')))).toBe(ours);
      await redis.call('SET', 'theirs', 'x'.repeat(500));
      await redis.call('SET', 'later', 'y', 'EX', '86400');
      await redis.call('DEL', 'number');
      const theirs = hex(show(await redis.call('DEBUG', 'DIGEST')));
      await redis.call('SAVE');
      await wadict.page.locator('#rdb-file').setInputFiles({
        name: 'dump.rdb',
        mimeType: '',
        buffer: await readFile(join(folder, 'dump.rdb')),
      });
      await expect(wadict.page.locator('#files-status')).toContainText('3,004 keys loaded');
      expect(hex(await wadict.run('DEBUG DIGEST'))).toBe(theirs);
    } finally {
      await redis.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
