#include "types/large_members.h"

#include <new>

namespace wadict {
namespace {

// A member blob that no dict knows yet; 0: out of memory.
Ref new_member(ValueEnv& env, const MemberParts& parts) {
  const Ref ref = env.arena.allocate(member_bytes(parts), Owner::kValue);
  if (ref != 0) write_member(parts, env.arena.at(ref));
  return ref;
}

// Lets the heap know a member that the dict has now, or is about to lose.
void add_deadline(ValueEnv& env, LargeMembers& large, Ref member) {
  if (MemberView(env.arena.at(member)).has_deadline()) large.deadlines.insert(env.arena, member);
}
void remove_deadline(ValueEnv& env, LargeMembers& large, Ref member) {
  if (MemberView(env.arena.at(member)).has_deadline()) large.deadlines.remove(env.arena, member);
}

void free_member(ValueEnv& env, LargeMembers& large, Ref member) {
  large.members_bytes -= env.arena.capacity(member);
  env.arena.free(member);
}

}  // namespace

Ref new_large_members(ValueEnv& env, ValueTag tag) {
  const Ref ref = env.arena.allocate(sizeof(LargeMembers), Owner::kValue);
  if (ref != 0) ::new (static_cast<void*>(env.arena.at(ref))) LargeMembers(env, tag);
  return ref;
}

Ref clone_large_members(ValueEnv& env, Ref large) {
  const LargeMembers& from = *env.arena.as<LargeMembers>(large);
  const bool bare = from.header.tag == ValueTag::kSet;
  const Ref copy = new_large_members(env, from.header.tag);
  if (copy == 0) return 0;
  LargeMembers& to = *env.arena.as<LargeMembers>(copy);
  bool done =
      to.members.reserve(from.members.size()) &&
      (from.deadlines.size() == 0 || to.deadlines.reserve(env.arena, from.deadlines.size()));
  for_each_member(from, [&](Ref member) {
    if (!done) return;
    const MemberView view(env.arena.at(member));
    const Ref fresh = new_member(
        env, {view.field(), bare ? BytesView() : view.value(), view.deadline_ms(), bare});
    done = fresh != 0;
    if (!done) return;
    to.members_bytes += env.arena.capacity(fresh);
    done = to.members.insert(to.members.hash(view.field()), fresh);
    if (!done) return free_member(env, to, fresh);
    add_deadline(env, to, fresh);
  });
  if (done) return copy;
  free_large_members(env, copy);
  return 0;
}

bool free_some_members(ValueEnv& env, Ref large, std::uint64_t count) {
  LargeMembers& value = *env.arena.as<LargeMembers>(large);
  const std::uint64_t buckets = count / kBucketPlaces + 1;
  if (value.members.drain(buckets, [&](Ref member) { env.arena.free(member); })) return true;
  value.deadlines.free(env.arena);
  value.~LargeMembers();
  env.arena.free(large);
  return false;
}

void free_large_members(ValueEnv& env, Ref large) {
  while (free_some_members(env, large, ~std::uint64_t{0})) {
  }
}

std::uint64_t large_members_bytes(ValueEnv& env, Ref large) {
  const LargeMembers& value = *env.arena.as<LargeMembers>(large);
  return env.arena.capacity(large) + value.members.table_bytes() + value.members_bytes +
         value.deadlines.memory_bytes(env.arena);
}

std::uint64_t remove_members(ValueEnv& env, LargeMembers& large, const BytesView* fields,
                             std::size_t count) {
  std::uint64_t removed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t where = large.members.hash(fields[i]);
    const Ref member = large.members.find(where, fields[i]);
    if (member == 0) continue;
    large.members.erase(where, member);
    remove_deadline(env, large, member);
    free_member(env, large, member);
    ++removed;
  }
  return removed;
}

void for_each_member(const LargeMembers& large, FunctionRef<void(Ref)> fn) {
  large.members.for_each([&fn](Ref member) { fn(member); });
}

void clear_members(ValueEnv& env, LargeMembers& large) {
  while (large.members.drain(~std::uint64_t{0}, [&](Ref member) { env.arena.free(member); })) {
  }
  large.deadlines.free(env.arena);
  large.members_bytes = 0;
}

// ---- writes ------------------------------------------------------------------------------------

bool LargeWrites::put(const MemberParts& parts, bool over_old) {
  const std::uint64_t where = large_.members.hash(parts.field);
  const Ref old = large_.members.find(where, parts.field);
  if (old != 0 && !over_old) return true;
  const Ref fresh = new_member(env_, parts);
  if (fresh == 0) return false;
  const bool done =
      old != 0 ? large_.members.replace(where, old, fresh) : large_.members.insert(where, fresh);
  if (!done) {
    env_.arena.free(fresh);
    return false;
  }
  large_.members_bytes += env_.arena.capacity(fresh);
  if (old == 0) ++added_;
  note({fresh, old});
  return true;
}

void LargeWrites::note(const Write& write) {
  if (count_ < kFew) {
    few_[count_] = write;
  } else {
    const bool kept = many_.push_back(write);
    WADICT_ASSERT(kept);
    static_cast<void>(kept);
  }
  ++count_;
}

std::uint64_t LargeWrites::commit() {
  for (std::size_t i = 0; i < count_; ++i) {
    const Write& done = at(i);
    if (done.old != 0) {
      remove_deadline(env_, large_, done.old);
      free_member(env_, large_, done.old);
    }
    add_deadline(env_, large_, done.fresh);
  }
  return added_;
}

void LargeWrites::undo() {
  for (std::size_t i = count_; i-- > 0;) {
    const Write& done = at(i);
    const std::uint64_t where = large_.members.hash(MemberView(env_.arena.at(done.fresh)).field());
    if (done.old != 0)
      large_.members.replace(where, done.fresh, done.old);
    else
      large_.members.erase(where, done.fresh);
    free_member(env_, large_, done.fresh);
  }
}

}  // namespace wadict
