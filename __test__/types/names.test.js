'use strict';

// Does each entry have every name that @types/ws has, as a value where that is one, and as a type? TypeScript itself tells
// what a program gets, whichever way the names are declared.

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');

const ts = require('typescript');

const root = path.resolve(__dirname, '../..');
const theirs = path.join(root, 'node_modules/@types/ws');

/** What a module of each kind loads. */
const ENTRIES = ['index.d.ts', 'index.d.mts'];

const program = ts.createProgram(
  [root, theirs].flatMap((folder) => ENTRIES.map((entry) => path.join(folder, entry))),
  {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: ['node']
  }
);
const checker = program.getTypeChecker();

/**
 * Lists what a file exports.
 *
 * @param {String} folder Its folder
 * @param {String} entry Its name
 * @return {Map<String, String[]>} By name, whether it is a value, a type, or both
 */
function exportsOf(folder, entry) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(path.join(folder, entry)));
  const found = new Map();

  for (const symbol of checker.getExportsOfModule(module)) {
    const { flags } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const meanings = [];

    if (flags & ts.SymbolFlags.Value) meanings.push('value');
    if (flags & ts.SymbolFlags.Type) meanings.push('type');
    found.set(symbol.name, meanings);
  }

  return found;
}

for (const entry of ENTRIES) {
  test(`${entry} has the names of @types/ws`, () => {
    const own = exportsOf(root, entry);
    const names = exportsOf(theirs, entry);

    assert.ok(names.size > 15);
    for (const [name, meanings] of names) {
      for (const meaning of meanings) assert.ok(own.get(name)?.includes(meaning), `${name}, a ${meaning}`);
    }
  });
}

test('both entries have the same names', () => {
  const [required, imported] = ENTRIES.map((entry) => exportsOf(root, entry));

  imported.delete('default');
  for (const state of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED', 'prototype']) required.delete(state);
  assert.deepEqual([...imported].sort(), [...required].sort());
});
