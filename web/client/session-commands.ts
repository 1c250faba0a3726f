/** Typed methods about sessions: messages and channels. */
import type { Value } from './arguments.ts';
import { plain, toRecord } from './command-spec.ts';

type Channels = string[];

export const pubsub = {
  /** The number of sessions that got the message. */
  publish: plain<[channel: Value, message: Value], number>('vv', 3),
  spublish: plain<[channel: Value, message: Value], number>('vv', 3),
  /** Channels that have subscribers. */
  pubsubChannels: plain<Channels, string[]>('T', -2),
  pubsubNumpat: plain<[], number>('', 2),
  pubsubNumsub: plain<Channels, Record<string, number>>('T', -2, { decode: toRecord<number> }),
  pubsubShardchannels: plain<Channels, string[]>('T', -2),
  pubsubShardnumsub: plain<Channels, Record<string, number>>('T', -2, {
    decode: toRecord<number>,
  }),
};
