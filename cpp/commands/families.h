// The families of commands; each file <family>_commands.cpp defines one of these functions beside
// its table. command_table.cpp lists them.
#pragma once

#include "commands/command.h"

namespace wadict {

CommandFamily string_commands();
CommandFamily counter_commands();
CommandFamily lcs_commands();
CommandFamily bitmap_commands();
CommandFamily bitfield_commands();
CommandFamily hyperloglog_commands();
CommandFamily stream_commands();
CommandFamily stream_read_commands();
CommandFamily stream_group_commands();
CommandFamily stream_info_commands();
CommandFamily hash_commands();
CommandFamily hash_ttl_commands();
CommandFamily hash_getex_commands();
CommandFamily list_commands();
CommandFamily list_move_commands();
CommandFamily list_pop_commands();
CommandFamily set_commands();
CommandFamily set_algebra_commands();
CommandFamily sorted_set_commands();
CommandFamily sorted_set_range_commands();
CommandFamily sorted_set_operation_commands();
CommandFamily geo_commands();
CommandFamily sort_commands();
CommandFamily generic_commands();
CommandFamily ttl_commands();
CommandFamily scan_commands();
CommandFamily object_commands();
CommandFamily dump_commands();
CommandFamily transaction_commands();
CommandFamily pubsub_commands();
CommandFamily connection_commands();
CommandFamily client_commands();
CommandFamily command_commands();
CommandFamily config_commands();
CommandFamily info_commands();
CommandFamily memory_commands();
CommandFamily persistence_commands();
CommandFamily server_commands();
CommandFamily debug_commands();
CommandFamily cluster_commands();
CommandFamily inspect_commands();
CommandFamily script_commands();

}  // namespace wadict
