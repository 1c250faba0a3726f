// NameTable: which sessions belong to which names, both ways: keys that are watched, keys that
// blocked clients wait for, channels and patterns with subscribers. A name is a text in a database
// (0 for channels); the sessions of a name stand in the order in which they came, the names of a
// session too.
//
// Names are found by a keyed hash, so nobody who chooses names can choose their places. A name
// lives as long as a session belongs to it, it is marked, or somebody holds it.
// Invariants: size_ names hang in buckets_, a power of two of chains (none before the first name);
// each Link stands in the list of its name and in that of its session.
// Cost: add, remove and find O(1) amortised; growing the buckets is one pass over the names.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/siphash.h"

namespace wadict {

struct Session;

class NameTable {
 public:
  struct Name;
  // One session's membership of one name.
  struct Link {
    Name* name;
    Session* session;
    Link* next;  // of the name
    Link* previous;
    Link* next_of_session;
    Link* previous_of_session;
    bool existed;  // of a watched key: it was there when the session began to watch it
  };
  struct Name {
    Name* next;  // in its bucket
    Name* next_marked;
    std::uint64_t hash;
    Link* first;
    Link* last;
    std::uint32_t count;  // sessions
    std::uint32_t bytes;  // of the text, which follows
    int db;
    bool marked;
    bool held;
    [[nodiscard]] BytesView text() const {
      return {reinterpret_cast<const char*>(this + 1), bytes};
    }
  };
  // The names of one session. Trivial, so that a session may be moved as bytes.
  struct Links {
    Link* first = nullptr;
    Link* last = nullptr;
    std::size_t count = 0;
  };
  enum class Added : std::uint8_t { kNew, kKnown, kOutOfMemory };

  NameTable() = default;
  ~NameTable();
  NameTable(const NameTable&) = delete;
  NameTable& operator=(const NameTable&) = delete;
  void set_seed(HashSeed seed) { seed_ = seed; }

  // Adds `session`, whose names are `links`, to a name. `existed` goes into the link.
  Added add(Session& session, Links& links, int db, BytesView text, bool existed = false);
  // False: the session did not belong to it.
  bool remove(Session& session, Links& links, int db, BytesView text);
  void remove_all(Links& links);

  // Null: no session belongs to it.
  [[nodiscard]] Name* find(int db, BytesView text) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  // Calls fn(Name&) for every name that sessions belong to. fn must not add or remove.
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (Name* name : buckets_)
      for (; name != nullptr; name = name->next)
        if (name->count != 0) fn(*name);
  }

  // Puts a name behind those that are marked, once.
  void mark(Name& name);
  [[nodiscard]] bool any_marked() const { return first_marked_ != nullptr; }
  // The name marked first, held until release(); null: none. It may be marked anew meanwhile.
  [[nodiscard]] Name* hold_marked();
  void release(Name& name);

 private:
  [[nodiscard]] std::uint64_t hash(int db, BytesView text) const {
    return siphash13(text, {seed_.low, seed_.high ^ static_cast<std::uint64_t>(db)});
  }
  [[nodiscard]] Name* find_or_add(int db, BytesView text);
  [[nodiscard]] bool grow();
  static Link* find_link(const Name& name, const Session& session, const Links& links);
  void unlink(Link* link, Links& links);
  void drop_if_unused(Name* name);

  HashSeed seed_;
  Array<Name*> buckets_;
  std::size_t size_ = 0;
  Name* first_marked_ = nullptr;
  Name* last_marked_ = nullptr;
};

}  // namespace wadict
