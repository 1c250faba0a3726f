// DictEnv: what all dicts of one store share, so that a Dict itself stays within 40 bytes: the
// arena, the policy (key layout and hash), the resize mode and who listens. It must outlive its
// dicts and not move.
//
// A Policy describes the blobs of a dict (Redis's dictType, without function pointers):
//     std::uint64_t hash(BytesView key) const;                       // keyed, 64 bits, injectable
//     static BytesView key_of(const std::uint8_t* blob);             // its key, borrowed
//     static bool matches(const std::uint8_t* blob, BytesView key);  // optional: equality
// `key_of` may differ from the lookup key's origin (D24): only stored blobs go through it.
// All of it is inlined into the dict. SipPolicy (dict/sip_policy.h) brings the default hash.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "dict/resize_policy.h"
#include "memory/arena.h"

namespace wadict {

// Called on rare occasions only: when a rehash starts or ends, or tables come and go. `tag` is the
// number that the owner gave the dict (KvStore: its index).
class DictEvents {
 public:
  // Both logical tables exist now. A rehash that turns round midway completes and starts again.
  virtual void rehash_started(std::uint32_t tag) = 0;
  // Called before the old logical table disappears: stats still show both (D16).
  virtual void rehash_completed(std::uint32_t tag) = 0;
  // The sum of the logical table sizes changed by `delta` buckets.
  virtual void buckets_changed(std::uint32_t tag, std::int64_t delta) = 0;
  // Whether an automatic resize may begin (D08). `more_bytes`: what a growth will take in the end,
  // 0 for a shrink; `load`: 1.0 at the growth threshold.
  virtual bool resize_allowed(std::uint64_t more_bytes, double load) = 0;

 protected:
  ~DictEvents() = default;
};

// One bucket of a rehash. Growing: `from` split, `moved` of its entries went to `to`. Shrinking:
// all of `from`'s entries joined the `stayed` ones of `to`.
struct BucketMove {
  std::uint32_t tag;
  std::uint32_t from;
  std::uint32_t to;
  std::uint32_t moved;
  std::uint32_t stayed;
  bool shrinking;
};
class MoveObserver {
 public:
  virtual void on_move(const BucketMove& move) = 0;

 protected:
  ~MoveObserver() = default;
};

struct DictEnvBase {
  explicit DictEnvBase(Arena& shared_arena) : arena(shared_arena) {}
  DictEnvBase(const DictEnvBase&) = delete;
  DictEnvBase& operator=(const DictEnvBase&) = delete;

  Arena& arena;
  DictEvents* events = nullptr;   // null: nobody listens, every resize is allowed
  MoveObserver* moves = nullptr;  // null: nobody watches
  std::uint64_t steps_total = 0;  // buckets that rehashing has visited, ever
  ResizeMode mode = ResizeMode::kEnable;
  bool steps_with_operations = true;  // false: only explicit step() moves (INSPECT PAUSE)
};

template <class Policy>
struct DictEnv : DictEnvBase {
  DictEnv(Arena& shared_arena, const Policy& shared_policy)
      : DictEnvBase(shared_arena), policy(shared_policy) {}
  Policy policy;
};

}  // namespace wadict
