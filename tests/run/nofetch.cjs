// Emscripten 3.1.6 takes a global fetch for a browser and then fails on file paths.
delete globalThis.fetch;
