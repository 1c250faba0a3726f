import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importDirection, includeDirection } from './layers.mjs';
import { functionsOf, withoutComments, withoutTextAndComments } from './source.mjs';

const names = (source) =>
  functionsOf(source).map(({ header, length }) => `${header.replace(/\(.*/, '')}:${length}`);

test('functions are counted, control flow, classes and tables are not', () => {
  const source = `
    namespace a {
    class Foo : public Bar<int(int)> {
      int get() const {
        if (x) {
          return 1'000;
        }
      }
    };
    constexpr Row kRows[] = {
      {"a", b()},
    };
    std::uint64_t format_number(char* out,
                                int value) {
      for (;;) { }
    }
    }`;
  assert.deepEqual(names(source), ['int get:5', 'std::uint64_t format_number:4']);
});

test('TypeScript arrow functions are functions', () => {
  const source = 'const f = (a: number) => {\n  return a;\n};\nconst table = { a: [1] };\n';
  assert.deepEqual(names(source), ['const f = :3']);
});

test('braces in text and comments are nothing', () => {
  const source = 'void f() {\n  g("{{{"); // {{\n  h(\'{\'); /* { */\n}\n';
  assert.deepEqual(names(source), ['void f:4']);
});

test('removing comments keeps lines and text', () => {
  const source = 'a(); // x\n/* 1\n2 */ b("// no");\n';
  assert.equal(withoutComments(source), 'a(); \n\n b("// no");\n');
  assert.equal(withoutTextAndComments(source), 'a(); \n\n b();\n');
});

test('an include upwards is found, downwards through another layer is fine', () => {
  const cmake =
    'wadict_layer(a SOURCES x.cpp)\nwadict_layer(b DEPENDS a)\nwadict_layer(c DEPENDS b)';
  const files = [
    { path: 'CMakeLists.txt', text: cmake },
    { path: 'cpp/c/c.h', text: '#include "a/x.h"\n' },
    { path: 'cpp/a/x.h', text: '#include "b/y.h"\n' },
  ];
  assert.deepEqual(includeDirection(files), ['cpp/a/x.h: a may not include b/']);
});

test('an import upwards is found, dynamic ones too', () => {
  const files = [
    { path: 'web/storage/s.ts', text: "import { a } from '../host/host.ts';\n" },
    {
      path: 'web/host/h.ts',
      text: "import { b } from '../storage/s.ts'; // from '../client/c.ts'\n",
    },
    { path: 'web/resp/r.ts', text: "await import('../client/c.ts');\n" },
  ];
  assert.deepEqual(importDirection(files), [
    'web/storage/s.ts: web/storage may not import ../host/host.ts',
    'web/resp/r.ts: web/resp may not import ../client/c.ts',
  ]);
});
