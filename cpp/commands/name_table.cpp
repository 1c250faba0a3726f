#include "commands/name_table.h"

#include <cstdlib>
#include <new>

#include "base/assert.h"

namespace wadict {

NameTable::~NameTable() {
  for (Name* name : buckets_) {
    while (name != nullptr) {
      Name* const next = name->next;
      for (Link* link = name->first; link != nullptr;) {
        Link* const gone = link;
        link = link->next;
        std::free(gone);
      }
      std::free(name);
      name = next;
    }
  }
}

NameTable::Name* NameTable::find(int db, BytesView text) const {
  if (size_ == 0) return nullptr;
  const std::uint64_t wanted = hash(db, text);
  Name* name = buckets_[wanted & (buckets_.size() - 1)];
  while (name != nullptr && !(name->hash == wanted && name->db == db && name->text() == text))
    name = name->next;
  return name;
}

bool NameTable::grow() {
  constexpr std::size_t kFirstBuckets = 16;
  Array<Name*> larger;
  const std::size_t count = buckets_.empty() ? kFirstBuckets : 2 * buckets_.size();
  if (!larger.resize(count, nullptr)) return false;
  for (Name* name : buckets_) {
    while (name != nullptr) {
      Name* const next = name->next;
      Name*& head = larger[name->hash & (count - 1)];
      name->next = head;
      head = name;
      name = next;
    }
  }
  buckets_.swap(larger);
  return true;
}

NameTable::Name* NameTable::find_or_add(int db, BytesView text) {
  Name* const known = find(db, text);
  if (known != nullptr) return known;
  // Fuller chains are slower, not wrong: only the first buckets must be there.
  if (size_ >= buckets_.size() && !grow() && buckets_.empty()) return nullptr;
  void* const room = std::malloc(sizeof(Name) + text.size());
  if (room == nullptr) return nullptr;
  auto* const name = new (room) Name{};
  name->hash = hash(db, text);
  name->db = db;
  name->bytes = static_cast<std::uint32_t>(text.size());
  copy_bytes(name + 1, text.data(), text.size());
  Name*& head = buckets_[name->hash & (buckets_.size() - 1)];
  name->next = head;
  head = name;
  ++size_;
  return name;
}

// Names of a session and sessions of a name are few or many: the shorter list is searched.
NameTable::Link* NameTable::find_link(const Name& name, const Session& session,
                                      const Links& links) {
  if (links.count < name.count) {
    for (Link* link = links.first; link != nullptr; link = link->next_of_session)
      if (link->name == &name) return link;
    return nullptr;
  }
  for (Link* link = name.first; link != nullptr; link = link->next)
    if (link->session == &session) return link;
  return nullptr;
}

NameTable::Added NameTable::add(Session& session, Links& links, int db, BytesView text,
                                bool existed) {
  Name* const name = find_or_add(db, text);
  if (name == nullptr) return Added::kOutOfMemory;
  if (find_link(*name, session, links) != nullptr) return Added::kKnown;
  void* const room = std::malloc(sizeof(Link));
  if (room == nullptr) {
    drop_if_unused(name);
    return Added::kOutOfMemory;
  }
  auto* const link =
      new (room) Link{name, &session, nullptr, name->last, nullptr, links.last, existed};
  (name->last == nullptr ? name->first : name->last->next) = link;
  name->last = link;
  ++name->count;
  (links.last == nullptr ? links.first : links.last->next_of_session) = link;
  links.last = link;
  ++links.count;
  return Added::kNew;
}

bool NameTable::remove(Session& session, Links& links, int db, BytesView text) {
  const Name* const name = find(db, text);
  Link* const link = name == nullptr ? nullptr : find_link(*name, session, links);
  if (link == nullptr) return false;
  unlink(link, links);
  return true;
}

void NameTable::remove_all(Links& links) {
  while (links.first != nullptr) unlink(links.first, links);
}

void NameTable::unlink(Link* link, Links& links) {
  (link->previous_of_session == nullptr ? links.first
                                        : link->previous_of_session->next_of_session) =
      link->next_of_session;
  (link->next_of_session == nullptr ? links.last : link->next_of_session->previous_of_session) =
      link->previous_of_session;
  --links.count;
  Name* const name = link->name;
  (link->previous == nullptr ? name->first : link->previous->next) = link->next;
  (link->next == nullptr ? name->last : link->next->previous) = link->previous;
  --name->count;
  std::free(link);
  drop_if_unused(name);
}

void NameTable::drop_if_unused(Name* name) {
  if (name->count != 0 || name->marked || name->held) return;
  Name** at = &buckets_[name->hash & (buckets_.size() - 1)];
  while (*at != name) at = &(*at)->next;
  *at = name->next;
  --size_;
  std::free(name);
}

void NameTable::mark(Name& name) {
  if (name.marked) return;
  name.marked = true;
  name.next_marked = nullptr;
  (last_marked_ == nullptr ? first_marked_ : last_marked_->next_marked) = &name;
  last_marked_ = &name;
}

NameTable::Name* NameTable::hold_marked() {
  Name* const name = first_marked_;
  if (name == nullptr) return nullptr;
  first_marked_ = name->next_marked;
  if (first_marked_ == nullptr) last_marked_ = nullptr;
  name->marked = false;
  name->held = true;
  return name;
}

void NameTable::release(Name& name) {
  name.held = false;
  drop_if_unused(&name);
}

}  // namespace wadict
