# engine.js + engine.wasm: the engine with its bindings. Flags that are not self-explanatory:
#   ENVIRONMENT without node   Emscripten 3.1.6's Node path needs __dirname; Node passes the module in itself
#   DYNAMIC_EXECUTION=0        no eval, so that a strict Content-Security-Policy suffices
#   IMPORTED_MEMORY            the page chooses the maximum for its device
#   --stack-first              a stack overflow traps instead of overwriting globals
set(flags -fno-exceptions -fno-rtti -flto)
add_executable(engine cpp/bindings/embind.cpp cpp/bindings/js_engine.cpp cpp/bindings/port.cpp)
target_compile_options(engine PRIVATE ${flags})
target_link_libraries(engine PRIVATE wadict_engine)
set(settings MODULARIZE=1 EXPORT_ES6=1 ENVIRONMENT=web,worker STRICT=1 FILESYSTEM=0 DYNAMIC_EXECUTION=0
  WASM_BIGINT=1 ALLOW_MEMORY_GROWTH=1 IMPORTED_MEMORY=1 INITIAL_MEMORY=16MB MAXIMUM_MEMORY=4GB
  MALLOC=dlmalloc ABORTING_MALLOC=0
  EXPORTED_FUNCTIONS=_wadict_input,_wadict_result,_wadict_execute,_wadict_get,_wadict_set,_wadict_del,_wadict_get_many,_wadict_set_many
  INCOMING_MODULE_JS_API=wasmMemory,instantiateWasm,print,printErr,onAbort)
if(EMSCRIPTEN_VERSION VERSION_LESS 3.1.25)
  list(APPEND settings TOTAL_STACK=1MB)
else()
  list(APPEND settings STACK_SIZE=1MB EMBIND_AOT=1)
endif()
list(TRANSFORM settings PREPEND "-s")
target_link_options(engine PRIVATE ${flags} -O3 -lembind --no-entry -Wl,--stack-first ${settings})

# teaching.wasm: the reference layouts, without Emscripten's JavaScript: the page gives it a clock and nothing else.
add_executable(teaching cpp/bindings/teaching.cpp)
set_target_properties(teaching PROPERTIES SUFFIX .wasm)
target_compile_options(teaching PRIVATE ${flags} -Oz)
target_link_libraries(teaching PRIVATE wadict_reference)
target_link_options(teaching PRIVATE ${flags} -Oz --no-entry -Wl,--stack-first -sSTANDALONE_WASM=1 -sFILESYSTEM=0
  -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=1MB -sTOTAL_STACK=64KB -sMALLOC=emmalloc -sERROR_ON_UNDEFINED_SYMBOLS=0
  -sWARN_ON_UNDEFINED_SYMBOLS=0)
