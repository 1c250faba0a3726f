/** The module that Emscripten writes; its folder is made by the build. */
declare module '*/generated/engine.js' {
  const createModule: import('./native-module.ts').ModuleFactory;
  export default createModule;
}
