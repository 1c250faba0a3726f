/**
 * The little that TypeScript knows of a frame: its annotation line is `#WD1:` and the header in hex
 * (cpp/persist/log_format.h). C++ seals, checks and reads frames; this serves only to keep those
 * that claim an epoch when the log is trimmed.
 */

const kPrefix = '#WD1:';
/** The byte of flags is byte 5 of the header, two digits each. */
const kFlagsAt = kPrefix.length + 2 * 5;
const kBeginFlag = 4;

/** True for the first frame of an epoch. */
export function isBeginFrame(frame: Uint8Array): boolean {
  const start = String.fromCharCode(...frame.subarray(0, kFlagsAt + 2));
  const flags = Number.parseInt(start.slice(kFlagsAt), 16);
  return start.startsWith(kPrefix) && (flags & kBeginFlag) !== 0;
}
