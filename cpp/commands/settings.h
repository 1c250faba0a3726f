// Hands the configuration to those who obey it.
#pragma once

#include "commands/config.h"

namespace wadict {

class Keyspace;

// Gives the keyspace what it must know of the settings: maxmemory, its policy and samples, the
// largest value. Called after init and after every change.
void apply_settings(const Settings& settings, Keyspace& keyspace);

}  // namespace wadict
