#include "fuzz/fuzz_server.h"

namespace wadict::fuzz {
namespace {

// Lines of commands on a key K; T: some text, N: a small number, I: an id of a stream.
constexpr const char* kLines[] = {
    "TYPE K",
    "OBJECT ENCODING K",
    "MEMORY USAGE K",
    "DEBUG OBJECT K",
    "GET K",
    "APPEND K T",
    "SETRANGE K N T",
    "INCR K",
    "BITCOUNT K",
    "PFCOUNT K",
    "PFADD K T",
    "PFMERGE m K",
    "GETRANGE K N N",
    "SETBIT K N 1",
    "BITPOS K 1",
    "HGETALL K",
    "HRANDFIELD K -9 WITHVALUES",
    "HSET K T T",
    "HDEL K T",
    "HGET K T",
    "HINCRBY K T 1",
    "HINCRBYFLOAT K T 0.5",
    "HEXPIRE K N FIELDS 1 T",
    "HPERSIST K FIELDS 1 T",
    "HTTL K FIELDS 1 T",
    "HGETDEL K FIELDS 1 T",
    "HSCAN K 0 COUNT 100",
    "HSETEX K PX N FIELDS 1 T T",
    "HSTRLEN K T",
    "HPEXPIREAT K 1700000000500 FIELDS 2 T T",
    "LRANGE K 0 -1",
    "LPUSH K T",
    "RPUSH K T",
    "LINSERT K BEFORE T T",
    "LSET K N T",
    "LREM K 0 T",
    "LTRIM K N -2",
    "LPOP K N",
    "RPOP K N",
    "LPOS K T COUNT 0",
    "LINDEX K -1",
    "LMOVE K K LEFT RIGHT",
    "SORT K ALPHA",
    "SORT K LIMIT N N",
    "SMEMBERS K",
    "SADD K T",
    "SADD K N",
    "SREM K T",
    "SREM K N",
    "SRANDMEMBER K -5",
    "SPOP K",
    "SINTER K K",
    "SUNIONSTORE u K",
    "SDIFF K u",
    "SSCAN K 0",
    "SISMEMBER K N",
    "SPOP K N",
    "ZRANGE K 0 -1 WITHSCORES",
    "ZADD K N T",
    "ZADD K XX INCR N T",
    "ZREM K T",
    "ZRANK K T",
    "ZREVRANGEBYSCORE K +inf -inf",
    "ZRANGEBYLEX K - +",
    "ZPOPMIN K",
    "ZPOPMAX K N",
    "ZINCRBY K N T",
    "ZCOUNT K -inf N",
    "ZREMRANGEBYRANK K N N",
    "ZREMRANGEBYSCORE K (N N",
    "ZUNIONSTORE z 2 K z",
    "ZRANDMEMBER K -5 WITHSCORES",
    "GEOSEARCH K FROMLONLAT 1 1 BYRADIUS 5000 km",
    "GEOPOS K T",
    "XRANGE K - +",
    "XREVRANGE K + -",
    "XLEN K",
    "XADD K * T T",
    "XADD K I T T",
    "XDEL K I I",
    "XTRIM K MAXLEN N",
    "XTRIM K MINID I",
    "XINFO STREAM K FULL",
    "XINFO STREAM K",
    "XINFO GROUPS K",
    "XREADGROUP GROUP T a STREAMS K >",
    "XREADGROUP GROUP T a STREAMS K 0",
    "XACK K T I I",
    "XPENDING K T",
    "XPENDING K T - + 10",
    "XCLAIM K T b 0 I I",
    "XAUTOCLAIM K T b 0 0",
    "XGROUP CREATE K T 0",
    "XGROUP DESTROY K T",
    "XGROUP DELCONSUMER K T a",
    "XGROUP SETID K T I",
    "XSETID K I",
    "XREAD COUNT 3 STREAMS K 0",
    "XINFO CONSUMERS K T",
    "COPY K copied REPLACE",
    "RENAME K renamed",
    "RENAME renamed K",
    "EXPIRE K N",
    "PERSIST K",
    "DUMP K",
    "DEL K",
    "UNLINK K",
    "DEBUG RELOAD",
    "DEBUG HTSTATS-KEY K",
    "FLUSHALL ASYNC",
    "INSPECT VALUE K",
    "INSPECT KEY K",
};

std::string argument_of(Input& input, const std::string& word, const std::string& key) {
  if (word == "K") return key;
  if (word == "T") return some_text(input);
  if (word == "N" || word == "(N")
    return word.substr(0, word.size() - 1) + std::to_string(input.below(40));
  if (word == "I") return std::to_string(1 + input.below(4)) + "-" + std::to_string(input.below(5));
  return word;
}

}  // namespace

void exercise(FuzzServer& server, Input& input, const std::string& key) {
  for (int steps = 0; steps < 60 && !input.empty(); ++steps) {
    if (input.once_in(12)) {
      server.now_ms += static_cast<std::int64_t>(input.below(256) * 10);
      server.tick(1000);
      continue;
    }
    Argv argv;
    std::string word;
    const std::string line = input.one_of(kLines) + " ";
    for (const char one : line) {
      if (one != ' ') {
        word += one;
        continue;
      }
      argv.push_back(argument_of(input, word, key));
      word.clear();
    }
    server.run(argv);
  }
}

}  // namespace wadict::fuzz
