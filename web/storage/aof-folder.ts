/** Which files of an `appendonlydir` are in use, and which a crash left behind. */

import { join } from 'node:path';

import { baseName, kManifestName, segmentName } from './aof-manifest.ts';
import type { AofManifest } from './aof-manifest.ts';
import type { FileOps } from './file-ops.ts';

const kLogFiles = /^(temp-)?appendonly\.aof\.(\d+\.(base\.rdb|incr\.aof)|manifest)$/;

/**
 * True when frames or a base lie there. An empty log file may lie there without a manifest: the
 * very first switch was cut short.
 */
export async function holdsData(
  ops: FileOps,
  directory: string,
  names: readonly string[],
): Promise<boolean> {
  for (const name of names) {
    const isData = kLogFiles.test(name) && !name.startsWith('temp-') && name !== kManifestName;
    if (isData && (await ops.size(join(directory, name))) > 0) return true;
  }
  return false;
}

/** Files of the log that the manifest does not name; without a manifest, only temporary ones. */
export function leftovers(names: readonly string[], manifest: AofManifest | null): string[] {
  const named = new Set([kManifestName]);
  for (const { sequence } of manifest?.segments ?? []) named.add(segmentName(sequence));
  for (const generation of [manifest?.base, manifest?.previous]) {
    if (generation !== null && generation !== undefined) named.add(baseName(generation));
  }
  return names.filter((name) => {
    const isLeft = name.startsWith('temp-') || (manifest !== null && !named.has(name));
    return isLeft && kLogFiles.test(name);
  });
}
