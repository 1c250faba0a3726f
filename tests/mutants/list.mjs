// Named defects, and for each the test that has to notice it.
//
// cpp: the defect stands in the source behind `#ifdef WADICT_MUTANT_<NAME>`; `program` is the
// Catch2
//      program and `test` a Catch2 filter (a test's name, or tags).
// web: `find` in `file` is replaced by `replace`; it has to occur exactly once. `test` is the test
//      file and `name` a pattern of the test's name.
// short: also part of `npm test`.

export const CPP_MUTANTS = [];

export const WEB_MUTANTS = [];
