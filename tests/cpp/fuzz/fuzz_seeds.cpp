// Seeds of our own: runs the requests that stand in a file (RESP) and writes what they lead to as
// inputs of the targets: a DUMP of every key, an RDB file, the append log.
//
//   fuzz_seeds REQUESTS FOLDER      FOLDER/<target> exist
#include <fstream>
#include <iterator>

#include "fuzz/fuzz_server.h"

namespace wadict::fuzz {
namespace {

// The bulk strings of a reply.
std::vector<std::string> bulks(const std::string& reply) {
  std::vector<std::string> texts;
  for (std::size_t at = reply.find('$'); at != std::string::npos;) {
    const std::size_t begin = reply.find("\r\n", at) + 2;
    const std::size_t size = std::strtoul(reply.c_str() + at + 1, nullptr, 10);
    texts.push_back(reply.substr(begin, size));
    at = begin + size + 2 < reply.size() ? begin + size + 2 : std::string::npos;
  }
  return texts;
}

class Seeds {
 public:
  explicit Seeds(const char* folder) : folder_(folder) {}
  void write(const char* target, const std::string& bytes) {
    const std::string path = folder_ + "/" + target + "/ours-" + std::to_string(++count_);
    std::ofstream(path, std::ios::binary) << bytes;
  }

 private:
  std::string folder_;
  int count_ = 0;
};

void write_seeds(const std::string& requests, Seeds& seeds) {
  FuzzServer server;
  server.log_on();
  for (const char* version : {"10", "12"}) {
    server.run({"CONFIG", "SET", "rdb-version", version});
    server.run({"FLUSHALL"});
    server.send(requests);
    for (const std::string& key : bulks(server.run({"KEYS", "*"}))) {
      const std::vector<std::string> dump = bulks(server.run({"DUMP", key}));
      if (dump.empty() || dump[0].size() > 4096) continue;
      // Bytes as they are; small limits or not; the payload without its footer.
      const std::string body = dump[0].substr(0, dump[0].size() - 10);
      seeds.write("restore", std::string("\0\0", 2) + body);
      seeds.write("restore", std::string("\0\x07", 2) + body);
    }
    seeds.write("rdb", std::string("\0\0\x05", 3) + server.save());
    server.seal();
  }
  seeds.write("log", std::string("\0\x40", 2) + server.frames());
}

}  // namespace
}  // namespace wadict::fuzz

int main(int count, char** words) {
  if (count != 3) return 2;
  std::ifstream file(words[1], std::ios::binary);
  const std::string requests{std::istreambuf_iterator<char>(file), {}};
  wadict::fuzz::Seeds seeds(words[2]);
  wadict::fuzz::write_seeds(requests, seeds);
  return 0;
}
