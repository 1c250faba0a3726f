// Runs every transcript against the commands, and checks that the transcripts leave no command out.
#include <set>
#include <string>

#include "commands/transcript.h"
#include "compat.hpp"
#include "engine_server.h"

namespace wadict::test {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// Full name of the command that a line runs, "" for none.
std::string name_of_command(EngineServer& server, const std::string& line) {
  const std::vector<std::string> argv = EngineServer::split(line);
  const std::vector<BytesView> views(argv.begin(), argv.end());
  if (views.empty()) return "";
  const CommandEntry* entry = server.engine.server().commands.find(views.data(), views.size());
  return entry == nullptr ? "" : std::string(entry->full_name.view());
}

}  // namespace

TEST_CASE("every transcript's commands have the replies that it names",
          "[engine][transcript][V02][V03][V04][V07][V16][V18][V21][V23][T01][T02][T03][T05][N01]["
          "N03][E06]"
          "[P11][P22][A05][A07][A09][A10][A11][A12][A14][A15]") {
  const std::vector<Transcript> transcripts = read_transcripts();
  REQUIRE(transcripts.size() > 10);
  for (const Transcript& transcript : transcripts) {
    EngineServer server(transcript.slots);
    if (transcript.slots)
      REQUIRE(server.engine.server().config.set_at_start("cluster-enabled", "yes"));
    for (const Exchange& exchange : transcript.exchanges) {
      if (exchange.advance_ms != 0) server.advance_ms(exchange.advance_ms);
      const auto actual =
          reply_lines(exchange.arrives ? server.arrived(exchange.session)
                                       : server.run_line(exchange.command, exchange.session));
      INFO(transcript.path << ":" << exchange.line << "> " << exchange.command << "\nexpected:\n"
                           << joined(exchange.reply) << "actual:\n"
                           << joined(actual));
      CHECK(reply_matches(exchange, actual));
    }
  }
}

TEST_CASE("every command and subcommand stands in a transcript", "[engine][transcript]") {
  EngineServer server;
  std::set<std::string> run;
  for (const Transcript& transcript : read_transcripts())
    for (const Exchange& exchange : transcript.exchanges)
      run.insert(name_of_command(server, exchange.command));
  std::string missing;
  for (const CommandEntry& entry : server.engine.server().commands.entries())
    if (run.count(std::string(entry.full_name.view())) == 0 && entry.command->run != nullptr)
      missing += std::string(entry.full_name.view()) + " ";
  CHECK(missing == "");
}

TEST_CASE("a transcript that expects another reply fails", "[engine][transcript]") {
  EngineServer server;
  const Transcript transcript = parse_transcript(
      "inline", "> SET a 1\n+OK\n> GET a\n\"2\"\n> GET b\n_\n> TTL a\n@between 0 9\n");
  REQUIRE(transcript.exchanges.size() == 4);
  std::vector<bool> matches;
  for (const Exchange& exchange : transcript.exchanges)
    matches.push_back(reply_matches(exchange, reply_lines(server.run_line(exchange.command))));
  CHECK(matches == std::vector<bool>{true, false, true, false});
}

}  // namespace wadict::test
