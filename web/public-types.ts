/** The types that every entry exports: what `open` takes and gives, everywhere. */
export type { Entries, Key, KeyList, Value } from './client/arguments.ts';
export type { LockOptions, UpdateOptions } from './client/atomic.ts';
export type {
  Change,
  ChangeListener,
  Changes,
  ChangesOptions,
  ObserveOptions,
  ObservingEnded,
  StopObserving,
} from './client/changes.ts';
export type { Client, RoleChange } from './client/client.ts';
export type {
  CopyOptions,
  DelexOptions,
  ExpireCondition,
  ExpiryOptions,
  GetexOptions,
  LcsOptions,
  RestoreOptions,
  ScanOptions,
  SetOptions,
} from './client/command-options.ts';
export type { ExportedEntry } from './client/iterate.ts';
export type { JsonClient, JsonNamespace, JsonSetOptions } from './client/json-client.ts';
export type { Namespace } from './client/namespace.ts';
export type { OpenOptions } from './client/open-options.ts';
export type { RdbSource } from './client/rdb-source.ts';
export type { PublicReply } from './client/reply-error.ts';
export type { WasmSource } from './engine/engine-port.ts';
export type { WadictErrorCode, WadictErrorDetails } from './errors.ts';
export type { Reply } from './resp/reply.ts';
export type { FlushReport, ImportReport, StoreStatus } from './transport.ts';
