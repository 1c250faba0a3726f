// What happens to keys, for sessions that observe them (OBSERVE): drawn from the effects, so no
// command names a change. Unlike keyspace notifications (notifications.h) it needs no setting, says
// what became of the key rather than which command did it, and says so when it cannot say more:
//
//   change set | del | expired | evicted <key>     as seen through the session's pattern: a key
//   that change renamed <key> <new key>                 is renamed out of it is gone, one into it
//   is set change resync <reason>                         anything may be different now: read it
//   again
//
// Invariants: in the order in which it happened; a change that a session is not told is followed by
// a resync, in the same batch of messages at the latest, so what is read behind that batch is not
// older than what was told. Times to live are not values: their changes are not told.
// Cost: nothing while nobody observes; else one match per pattern and change.
#pragma once

#include "keyspace/observer.h"

namespace wadict {

class ServerControl;
struct Listeners;

void tell_changes(const Listeners& listeners, ServerControl& host, const Effect& effect);

}  // namespace wadict
