# The fuzz targets (fuzz.h): with WADICT_FUZZ a libFuzzer program each, clang only. The same sources are part of
# the sanitized engine_test, which runs them on a few inputs.
set(fuzz_sources built_encodings.cpp built_values.cpp command_grammar.cpp encodings_fuzz.cpp engine_fuzz.cpp
  exercise.cpp fuzz_server.cpp log_fuzz.cpp parser_fuzz.cpp rdb_fuzz.cpp structures.cpp)
list(TRANSFORM fuzz_sources PREPEND tests/cpp/fuzz/)

if(WADICT_TESTS AND WADICT_SANITIZE)
  target_sources(engine_test PRIVATE ${fuzz_sources} tests/cpp/fuzz/fuzz_smoke_test.cpp)
  set_source_files_properties(${fuzz_sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endif()
if(WADICT_FUZZ)
  # Checksums decide nothing, and to note each of their comparisons costs more than everything else.
  set_source_files_properties(cpp/base/sha1.cpp cpp/base/crc.cpp cpp/persist/lzf.cpp PROPERTIES COMPILE_OPTIONS
    -fno-sanitize-coverage=trace-cmp)
  add_library(wadict_fuzz STATIC ${fuzz_sources})
  target_include_directories(wadict_fuzz PUBLIC tests/cpp)
  target_compile_options(wadict_fuzz PRIVATE -fno-exceptions)
  target_link_libraries(wadict_fuzz PUBLIC wadict_engine)
  add_executable(fuzz_seeds tests/cpp/fuzz/fuzz_seeds.cpp)
  target_link_libraries(fuzz_seeds PRIVATE wadict_fuzz)
  foreach(name parser rdb restore encodings log engine)
    add_executable(fuzz_${name} tests/cpp/fuzz/fuzz_target.cpp)
    target_compile_definitions(fuzz_${name} PRIVATE WADICT_FUZZ_TARGET=fuzz_${name})
    target_link_libraries(fuzz_${name} PRIVATE wadict_fuzz)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()
