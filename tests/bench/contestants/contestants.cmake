# The contestants of `npm run bench`: natively one program each, in WebAssembly one module each. WADICT_PEERS is
# the folder that prepare-peers.sh fills; the peers' sources are compiled from there as they are.
enable_language(C)
set(WADICT_PEERS "" CACHE PATH "Sources of the peers, see tests/bench/prepare-peers.sh")
set(here ${CMAKE_CURRENT_LIST_DIR})
set(redis ${WADICT_PEERS}/redis-8.0.2/src)
set(valkey ${WADICT_PEERS}/valkey-8.1.1+dfsg1/src)
if(EMSCRIPTEN)
  # The memory is there from the start, for everybody: what growing costs is measured apart.
  set(tuning -msimd128)
  set(memory 3584MB)
else()
  set(tuning -march=x86-64-v2 -mtune=native)
endif()

# bench_contestant(name SOURCES ... [INCLUDES ...] [LIBRARIES ...])
function(bench_contestant name)
  cmake_parse_arguments(it "" "" "SOURCES;INCLUDES;LIBRARIES" ${ARGN})
  add_executable(bench_${name} ${it_SOURCES} ${here}/loops.cpp ${here}/heap_bytes.c)
  target_include_directories(bench_${name} PRIVATE ${here} ${CMAKE_SOURCE_DIR}/cpp ${it_INCLUDES})
  target_compile_options(bench_${name} PRIVATE -O3 ${tuning} $<$<COMPILE_LANGUAGE:C>:-w>)
  target_link_libraries(bench_${name} PRIVATE ${it_LIBRARIES})
  if(EMSCRIPTEN)
    set_target_properties(bench_${name} PROPERTIES SUFFIX .wasm)
    target_link_options(bench_${name} PRIVATE -O3 -flto --profiling-funcs --no-entry -sTOTAL_STACK=1MB -sINITIAL_MEMORY=${memory}
      -sEXPORTED_FUNCTIONS=_bench_open,_bench_close,_bench_prepare,_bench_run,_bench_one,_bench_bytes,_bench_idle,_bench_keys,_bench_values,_bench_writes)
  else()
    target_sources(bench_${name} PRIVATE ${here}/native_main.cpp)
  endif()
endfunction()

bench_contestant(wadict SOURCES ${here}/wadict.cpp ${CMAKE_SOURCE_DIR}/cpp/bindings/port.cpp LIBRARIES wadict_engine)
target_compile_options(bench_wadict PRIVATE -fno-exceptions -fno-rtti)
bench_contestant(redis SOURCES ${here}/redis_dict.c ${here}/peer_support.c ${redis}/dict.c ${redis}/siphash.c
  ${redis}/mt19937-64.c INCLUDES ${redis})
bench_contestant(valkey SOURCES ${here}/valkey_hashtable.c ${here}/peer_support.c ${valkey}/hashtable.c
  ${valkey}/siphash.c ${valkey}/mt19937-64.c INCLUDES ${valkey})
bench_contestant(std SOURCES ${here}/std_map.cpp)
bench_contestant(chained SOURCES ${here}/reference_chained.cpp LIBRARIES wadict_base)
bench_contestant(byte_arena SOURCES ${here}/reference_arena.cpp LIBRARIES wadict_base)
if(NOT EMSCRIPTEN)
  set(abseil ${WADICT_PEERS}/abseil/usr)
  file(GLOB abseil_libraries ${abseil}/lib/*/libabsl_*.a)
  bench_contestant(absl SOURCES ${here}/absl_map.cpp INCLUDES ${abseil}/include
    LIBRARIES -Wl,--start-group ${abseil_libraries} -Wl,--end-group -pthread)
endif()

# order_contestant(name SOURCES ... [INCLUDES ...] [LIBRARIES ...]): E16, in WebAssembly only.
if(EMSCRIPTEN)
  function(order_contestant name)
    cmake_parse_arguments(it "" "" "SOURCES;INCLUDES;LIBRARIES" ${ARGN})
    add_executable(bench_${name} ${it_SOURCES} ${here}/order_loops.cpp)
    target_include_directories(bench_${name} PRIVATE ${here} ${CMAKE_SOURCE_DIR}/cpp ${it_INCLUDES})
    target_compile_options(bench_${name} PRIVATE -O3 ${tuning} $<$<COMPILE_LANGUAGE:C>:-w>)
    target_link_libraries(bench_${name} PRIVATE ${it_LIBRARIES})
    set_target_properties(bench_${name} PROPERTIES SUFFIX .wasm)
    target_link_options(bench_${name} PRIVATE -O3 --profiling-funcs --no-entry -sTOTAL_STACK=1MB -sINITIAL_MEMORY=1024MB
      -sERROR_ON_UNDEFINED_SYMBOLS=0 -sEXPORTED_FUNCTIONS=_bench_open,_bench_run,_bench_bytes)
  endfunction()
  set(deps ${WADICT_PEERS}/redis-8.0.2/deps)
  order_contestant(order_tree SOURCES ${here}/order_tree.cpp LIBRARIES wadict_types)
  # t_zset.c as it is; the linker leaves out what of it nobody calls.
  order_contestant(order_skiplist SOURCES ${here}/order_skiplist.c ${here}/peer_support.c ${here}/heap_bytes.c ${redis}/sds.c
    INCLUDES ${redis} ${deps}/hiredis ${deps}/lua/src ${deps}/fast_float ${deps}/hdr_histogram ${deps}/fpconv)
endif()
