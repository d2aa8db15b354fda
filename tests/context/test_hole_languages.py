"""What kind of hole the cursor stands in, in languages with braces and in the others.

`kind lines scope` stand beside each source, as in test_hole_python.py.
"""

import pytest

from codegen.context.hole import find_hole
from tests.cursor import at_cursor

TYPESCRIPT = {
    # Statements and blocks.
    "empty file": ("‸", "statement multi"),
    "module level": ('import a from "a";\n\n‸\n', "statement multi"),
    "a word begun": ("con‸\n", "statement single"),
    "between statements": (
        "function f() {\n  a();\n  ‸\n  b();\n}\n",
        "statement multi f",
    ),
    "a word begun in a body": ("function f() {\n  ret‸\n}\n", "statement single f"),
    "function begun": ("export async function na‸\n", "statement single"),
    "class begun": ("export class Na‸\n", "statement single"),
    "variable begun": ("const na‸\n", "statement single"),
    "empty body": ("function f(x: number) {\n  ‸\n}\n", "block multi f"),
    "empty body, not indented": ("function f(x: number) {\n‸\n}\n", "block multi f"),
    "in the braces": ("function f() { ‸ }\n", "block single f"),
    "right in the braces": ("function f() {‸}\n", "block single f"),
    "behind the brace": ("function f() {‸\n}\n", "block multi f"),
    "behind the brace, not closed": ("function f() {‸\n", "block multi f"),
    "body not closed": ("function f() {\n  ‸\n", "block multi f"),
    "body not closed, code below": (
        "function f() {\n  ‸\n\nfunction g() {\n  a();\n}\n",
        "block multi f",
    ),
    "body begun": ("function f() {\n  a();\n  ‸\n}\n", "block multi f"),
    "body begun, not closed": ("function f() {\n  a();\n  ‸", "block multi f"),
    "body with a type": (
        "function f(): Promise<Map<string, number>> {\n  ‸\n}\n",
        "block multi f",
    ),
    "brace on its own line": ("function f()\n{\n  ‸\n}\n", "block multi f"),
    "empty if": ("function f() {\n  if (x) {\n    ‸\n  }\n}\n", "block multi f"),
    "if not closed": (
        "function f() {\n  if (x) {\n    ‸\n  return 1;\n}\n",
        "block multi f",
    ),
    "behind an else's brace": ("if (x) {\n  a();\n} else {‸\n}\n", "block multi"),
    "catch": ("try {\n  a();\n} catch (e) {\n  ‸\n}\n", "block multi"),
    "case": ("switch (x) {\n  case 1:\n    ‸\n}\n", "block multi"),
    "end of a case": (
        "switch (x) {\n  case 1:\n    a();\n    ‸\n  case 2:\n    b();\n}\n",
        "block multi",
    ),
    "arrow function": ("const f = (x) => {\n  ‸\n};\n", "block multi f"),
    "arrow function, begun": ("const f = (x) => {‸\n", "block multi f"),
    "callback": ("xs.forEach((x) => {\n  ‸\n});\n", "block multi"),
    "callback in a function": (
        "function f() {\n  xs.forEach(function (x) {\n    a(x);\n    ‸\n  });\n}\n",
        "block multi f",
    ),
    "callback not closed": ("xs.forEach((x) => {\n  ‸\n", "block multi"),
    "end of a class": ("class A {\n  x = 1;\n  ‸\n}\n", "block multi A"),
    "between methods": (
        "class A {\n  f() {\n    a();\n  }\n\n  ‸\n\n  g() {}\n}\n",
        "statement multi A",
    ),
    "method": ("class A {\n  private f(): void {\n    ‸\n  }\n}\n", "block multi A.f"),
    "getter": ("class A {\n  get f() {\n    return ‸;\n  }\n}\n", "expression single A.f"),
    "interface": ("interface A {\n  x: number;\n  ‸\n}\n", "block multi A"),
    "enum": ("enum A {\n  X,\n  ‸\n}\n", "block multi A"),
    "namespace": (
        "namespace n {\n  export function f() {\n    ‸\n  }\n}\n",
        "block multi n.f",
    ),
    "nested functions": (
        "function f() {\n  function g() {\n    ‸\n  }\n  return g;\n}\n",
        "block multi f.g",
    ),
    "behind a nested function": (
        "function f() {\n  function g() {}\n  ‸\n  return g;\n}\n",
        "statement multi f",
    ),
    "method in an object": (
        "const o = {\n  f() {\n    ‸\n  },\n};\n",
        "block multi f",
    ),
    "method, nothing closed": ("class A {\n  f() {\n    a(‸\n", "argument single A.f"),
    # Expressions.
    "assignment": ("const x = ‸;\n", "expression single"),
    "assignment without a semicolon": ("let x = ‸\n", "expression single"),
    "assignment on the next line": ("const x =\n  ‸\n", "expression multi"),
    "type": ("let x: ‸\n", "expression single"),
    "type alias": ("type A = ‸\n", "expression single"),
    "return": ("function f() {\n  return ‸\n}\n", "expression single f"),
    "condition": ("if (‸) {\n}\n", "expression single"),
    "condition, not closed": ("while (x && ‸\n", "expression single"),
    "loop": ("for (const x of ‸) {\n}\n", "expression single"),
    "member": ("this.‸\n", "expression single"),
    "member in a chain": ("a\n  .b()\n  .‸\n", "expression single"),
    "arrow": ("const f = (x) => ‸\n", "expression single"),
    "condition of a ternary": ("const x = a ? ‸\n", "expression single"),
    "array": ("const x = [1, ‸];\n", "expression single"),
    "array over lines": ("const x = [\n  1,\n  ‸\n];\n", "expression multi"),
    "object": ("const x = { a: 1, ‸ };\n", "expression single"),
    "object over lines": ("const x = {\n  a: 1,\n  ‸\n};\n", "expression multi"),
    "object not closed": ("const x = { a: ‸\n", "expression single"),
    "object not closed, code below": (
        "const x = {\n  a: 1,\n  ‸\n\nfunction g() {}\n",
        "expression multi",
    ),
    "object returned": ("function f() {\n  return {\n    ‸\n  };\n}\n", "expression multi f"),
    "object as argument": ("f({ a: 1, ‸ });\n", "expression single"),
    "object that an arrow makes": ("const f = () => ({ ‸ });\n", "expression single f"),
    "array in an object": ("const x = { a: [‸] };\n", "expression single"),
    "index": ("const x = a[‸];\n", "expression single"),
    "grouped": ("const x = (a + ‸);\n", "expression single"),
    "code follows": ("const x = ‸ + 1;\n", "expression single"),
    "in a template": ("const x = `a ${‸} b`;\n", "expression single"),
    "in a template, begun": ("const x = `a ${b.‸} c`;\n", "expression single"),
    "in a template, not closed": ("const x = `a ${b.‸\n", "expression single"),
    # Arguments and parameters.
    "argument": ("f(‸);\n", "argument single"),
    "second argument": ("a.f(b, ‸)\n", "argument single"),
    "argument, not closed": ("const x = f(a, ‸\n", "argument single"),
    "argument, not closed, code below": (
        "function f() {\n  g(a, ‸\n}\n\nfunction h() {\n  b();\n}\n",
        "argument single f",
    ),
    "argument on a line of its own": ("f(\n  a,\n  ‸\n);\n", "argument multi"),
    "argument behind a callback": (
        "f(\n  function () {\n    a();\n  },\n  ‸\n);\n",
        "argument multi",
    ),
    "argument of a constructor": ("const x = new A(‸);\n", "argument single"),
    "argument of an import": ("const a = await import(‸);\n", "argument single"),
    "argument of a generic": ("f<A>(‸)\n", "argument single"),
    "argument in a template": ("const x = `a ${f(‸)} b`;\n", "argument single"),
    "argument behind a regular expression": ('f(/\\("/, ‸)\n', "argument single"),
    "a forgotten bracket above": ("const x = f(a\nreturn ‸\n", "expression single"),
    "a forgotten bracket above a declaration": ("f(a\nconst x = ‸\n", "expression single"),
    "parameter": ("function f(‸) {\n}\n", "parameter single f"),
    "parameter, not closed": ("function f(a: number, ‸\n", "parameter single"),
    "parameter's type": ("function f(a: ‸) {\n}\n", "parameter single f"),
    "parameter on a line of its own": (
        "function f(\n  a: number,\n  ‸\n) {}\n",
        "parameter multi f",
    ),
    "parameter of a method": ("class A {\n  f(a, ‸) {}\n}\n", "parameter single A.f"),
    "parameter of a method, not closed": (
        "class A {\n  f(a: number, ‸\n}\n",
        "parameter single A",
    ),
    "parameter of a constructor": (
        "class A {\n  constructor(\n    private readonly a: B,\n    ‸\n  ) {}\n}\n",
        "parameter multi A.constructor",
    ),
    "parameter of an interface's method": (
        "interface A {\n  f(‸): void;\n}\n",
        "parameter single A",
    ),
    "parameter of a generic function": ("function f<A>(a: A, ‸) {}\n", "parameter single f"),
    "parameter of an arrow": ("const f = (a, ‸) => a;\n", "parameter single f"),
    "parameter of a callback": ("xs.map((x, ‸) => x);\n", "parameter single"),
    "parameter of a function expression": (
        "f(function (a, ‸) {});\n",
        "parameter single",
    ),
    # Decorators and imports.
    "decorator": ("@‸\nclass A {}\n", "decorator single"),
    "decorator begun": ("class A {\n  @Inp‸\n  x = 1;\n}\n", "decorator single A"),
    "decorator's argument": ("@Component(‸)\nclass A {}\n", "argument single A"),
    "import": ("import ‸\n", "import single"),
    "import begun": ("import React, ‸\n", "import single"),
    "import in braces": ('import { a, ‸ } from "a";\n', "import single"),
    "import in braces, not closed": ("import { a, ‸\n", "import single"),
    "import over lines": ('import {\n  a,\n  ‸\n} from "a";\n', "import multi"),
    "import's path": ('import { a } from "./‸";\n', "string single"),
    "export from": ("export * from ‸\n", "import single"),
    # Strings and comments.
    "string": ("const x = 'abc‸';\n", "string single"),
    "string, not closed": ('const x = "abc‸\n', "string single"),
    "string, not closed, code below": (
        'function f() {\n  g("abc‸\n}\n\nfunction h() {\n  g("d");\n}\n',
        "string single f",
    ),
    "string with an apostrophe": ('f("don\'t ‸");\n', "string single"),
    "template": ("const x = `abc ‸ ${d}`;\n", "string single"),
    "template behind its code": ("const x = `${d} ‸`;\n", "string single"),
    "template over lines": ("const x = `a\n  b ‸\n`;\n", "string single"),
    "template, not closed": ("const x = `abc‸\n", "string single"),
    "string in a template": ("const x = `${f('a‸')}`;\n", "string single"),
    "comment": ("// TODO‸\n", "comment single"),
    "comment behind code": ("f(); // the ‸\n", "comment single"),
    "comment with an apostrophe": ("// don't ‸\n", "comment single"),
    "comment in a body": ("function f() {\n  // first ‸\n  a();\n}\n", "comment single f"),
    "comment at the end": ("function f() {\n  a();\n  // then‸\n}\n", "comment single f"),
    "comment in brackets": ("f(/* a ‸ */);\n", "comment single"),
    "block comment": ("/* about ‸ */\n", "comment single"),
    "block comment, not closed": ("/* about ‸\n", "comment single"),
    "documentation": ("/**\n * Does ‸\n */\nfunction f() {}\n", "comment single"),
    "documentation, not closed": ("/**\n * Does ‸\nfunction f() {}\n", "comment single"),
    "behind a block comment": ("f(/* a */ ‸);\n", "argument single"),
    "slashes in a string": ('const x = "http://‸";\n', "string single"),
    # Windows and other letters.
    "CRLF": ("function f() {\r\n  ‸\r\n}\r\n", "block multi f"),
    "CRLF, end of a case": ("function f() {\r\n  a();\r\n  ‸\r\n}\r\n", "block multi f"),
    "beyond ASCII": ('const é = "😀";\nf("😀", ‸);\n', "argument single"),
    "beyond ASCII, a name": (
        "function größe() {\n  const s = '€';\n  return ‸\n}\n",
        "expression single größe",
    ),
}

TSX = {
    "component": ("function A() {\n  ‸\n  return <b />;\n}\n", "block multi A"),
    "attribute's value": ("const a = <b c={‸} />;\n", "expression single"),
    "attribute's string": ('const a = <b c="d‸" />;\n', "string single"),
    "child": ("const a = (\n  <b>\n    {c.‸}\n  </b>\n);\n", "expression single"),
    "callback in an element": (
        "function A() {\n  return (\n    <b onClick={() => {\n      ‸\n    }} />\n  );\n}\n",
        "block multi A",
    ),
    "behind text with an apostrophe": (
        "const a = <b>Don't</b>;\nf(‸);\n",
        "argument single",
    ),
    "argument of a hook": ("function A() {\n  useState(‸);\n}\n", "argument single A"),
}

JAVASCRIPT = {
    "empty body": ("function f(x) {\n  ‸\n}\n", "block multi f"),
    "assigned function": ("module.exports.f = function () {\n  ‸\n};\n", "block multi f"),
    "argument of require": ("const fs = require(‸);\n", "argument single"),
    "parameter of a function expression": ("const f = function (a, ‸) {};\n", "parameter single f"),
    "object in a call, not closed": ("app.use({ a: 1, ‸\n", "expression single"),
    "without semicolons": ("function f() {\n  a()\n  ‸\n  b()\n}\n", "statement multi f"),
    "private method": (
        "class A {\n  async #f() {\n    await ‸\n  }\n}\n",
        "expression single A.#f",
    ),
    "generator": ("function* f() {\n  yield ‸\n}\n", "expression single f"),
}

GO = {
    # Statements and blocks.
    "empty file": ("‸", "statement multi"),
    "module level": ("package a\n\n‸\n", "statement multi"),
    "a word begun": ("package a\n\nfu‸\n", "statement single"),
    "function begun": ("func Na‸\n", "statement single"),
    "type begun": ("type Na‸\n", "statement single"),
    "between statements": ("func f() {\n\ta()\n\t‸\n\tb()\n}\n", "statement multi f"),
    "a word begun in a body": ("func f() {\n\tret‸\n}\n", "statement single f"),
    "empty body": ("func f(x int) error {\n\t‸\n}\n", "block multi f"),
    "several results": ("func f() (int, error) {\n\t‸\n}\n", "block multi f"),
    "in the braces": ("func f() { ‸ }\n", "block single f"),
    "behind the brace": ("func f() {‸\n}\n", "block multi f"),
    "body not closed": ("func f() {\n\t‸\n", "block multi f"),
    "body not closed, code below": (
        "func f() {\n\t‸\n\nfunc g() {\n\ta()\n}\n",
        "block multi f",
    ),
    "body begun": ("func f() {\n\tx := 1\n\t‸\n}\n", "block multi f"),
    "empty if": ("func f() {\n\tif err != nil {\n\t\t‸\n\t}\n}\n", "block multi f"),
    "if, not closed": (
        "func f() {\n\tif err != nil {\n\t\t‸\n\treturn\n}\n",
        "block multi f",
    ),
    "else": ("func f() {\n\tif x {\n\t} else {\n\t\t‸\n\t}\n}\n", "block multi f"),
    "loop": ("func f() {\n\tfor i := range xs {\n\t\t‸\n\t}\n}\n", "block multi f"),
    "end of a case": (
        "func f() {\n\tswitch x {\n\tcase 1:\n\t\ta()\n\t\t‸\n\tdefault:\n\t}\n}\n",
        "block multi f",
    ),
    "default": ("func f() {\n\tswitch x {\n\tdefault:\n\t\t‸\n\t}\n}\n", "block multi f"),
    "select": ("func f() {\n\tselect {\n\t‸\n\t}\n}\n", "block multi f"),
    "method": ("func (s *Server) Run() error {\n\t‸\n}\n", "block multi Run"),
    "goroutine": ("func f() {\n\tgo func() {\n\t\t‸\n\t}()\n}\n", "block multi f"),
    "struct": ("type A struct {\n\tX int\n\t‸\n}\n", "block multi A"),
    "struct, not closed": ("type A struct {\n\t‸\n", "block multi A"),
    "interface": ("type A interface {\n\t‸\n}\n", "block multi A"),
    "function literal": (
        "func f() {\n\tg := func(x int) int {\n\t\t‸\n\t}\n}\n",
        "block multi f.g",
    ),
    "between functions": ("func f() {\n}\n\n‸\n\nfunc g() {\n}\n", "statement multi"),
    # Expressions.
    "assignment": ("func f() {\n\tx := ‸\n}\n", "expression single f"),
    "variable": ("var x = ‸\n", "expression single"),
    "return": ("func f() int {\n\treturn ‸\n}\n", "expression single f"),
    "condition": ("func f() {\n\tif ‸ {\n\t}\n}\n", "expression single f"),
    "range": ("func f() {\n\tfor _, x := range ‸ {\n\t}\n}\n", "expression single f"),
    "member": ("func f() {\n\ts.‸\n}\n", "expression single f"),
    "slice": ("var x = []string{‸}\n", "expression single"),
    "slice in a function": ("func f() {\n\tx := []int{1, ‸}\n}\n", "expression single f"),
    "map over lines": ('var x = map[string]int{\n\t"a": 1,\n\t‸\n}\n', "expression multi"),
    "struct literal": ("func f() {\n\treturn &A{X: ‸}\n}\n", "expression single f"),
    "struct literal over lines": (
        "func f() {\n\tx := A{\n\t\tX: 1,\n\t\t‸\n\t}\n}\n",
        "expression multi f",
    ),
    "struct literal, not closed": (
        "func f() {\n\tx := A{\n\t\tX: 1,\n\t\t‸\n}\n",
        "expression multi f",
    ),
    "struct literal as argument": ("func f() {\n\tg(A{‸})\n}\n", "expression single f"),
    "index": ("func f() {\n\tx := a[‸]\n}\n", "expression single f"),
    "channel": ("func f() {\n\tc <- ‸\n}\n", "expression single f"),
    # Arguments and parameters.
    "argument": ("func f() {\n\tfmt.Println(‸)\n}\n", "argument single f"),
    "argument, not closed": ("func f() {\n\tx := g(a, ‸\n}\n", "argument single f"),
    "argument, not closed, code below": (
        "func f() {\n\tg(a, ‸\n\tb()\n}\n\nfunc h() {\n}\n",
        "argument single f",
    ),
    "argument on a line of its own": (
        "func f() {\n\tg(\n\t\ta,\n\t\t‸\n\t)\n}\n",
        "argument multi f",
    ),
    "argument behind a function": (
        "func f() {\n\tg(\n\t\tfunc() {\n\t\t},\n\t\t‸\n\t)\n}\n",
        "argument multi f",
    ),
    "argument of make": ("func f() {\n\tx := make(‸)\n}\n", "argument single f"),
    "a forgotten bracket above": ("func f() {\n\tg(a\n\treturn ‸\n}\n", "expression single f"),
    "parameter": ("func f(‸) {\n}\n", "parameter single f"),
    "parameter, not closed": ("func f(a int, ‸\n", "parameter single"),
    "parameter on a line of its own": (
        "func f(\n\ta int,\n\t‸\n) {\n}\n",
        "parameter multi f",
    ),
    "parameter of a method": ("func (s *S) f(a int, ‸) {\n}\n", "parameter single f"),
    "receiver": ("func (‸) f() {\n}\n", "parameter single f"),
    "parameter of a generic": ("func f[T any](a T, ‸) {\n}\n", "parameter single f"),
    "parameter of a literal": (
        "func f() {\n\tg(func(a int, ‸) {\n\t})\n}\n",
        "parameter single f",
    ),
    "parameter of an interface's method": (
        "type A interface {\n\tf(‸) error\n}\n",
        "parameter single A",
    ),
    # Imports.
    "import": ("package a\n\nimport ‸\n", "import single"),
    "import in brackets": ('import (\n\t"fmt"\n\t‸\n)\n', "import multi"),
    "import in brackets, not closed": ('import (\n\t"fmt"\n\t‸\n', "import multi"),
    "import with a name": ("import (\n\tb ‸\n)\n", "import single"),
    "import's path": ('import (\n\t"fm‸"\n)\n', "string single"),
    # Strings and comments.
    "string": ('var x = "abc‸"\n', "string single"),
    "string, not closed": ('func f() {\n\tg("abc‸\n}\n', "string single f"),
    "raw string": ("var x = `abc\n‸\n`\n", "string single"),
    "field's tag": ('type A struct {\n\tX int `json:"‸"`\n}\n', "string single A"),
    "rune": ("var x = 'a‸'\n", "string single"),
    "behind a rune": ("func f() {\n\tg('\"', ‸)\n}\n", "argument single f"),
    "comment": ("// Package a ‸\npackage a\n", "comment single"),
    "comment behind code": ("func f() {\n\ta() // don't ‸\n}\n", "comment single f"),
    "documentation": ("// Run does ‸\nfunc Run() {\n}\n", "comment single"),
    "block comment": ("/* about ‸\n*/\npackage a\n", "comment single"),
    "comment at the end of a body": ("func f() {\n\ta()\n\t// then ‸\n}\n", "comment single f"),
    # Windows and other letters.
    "CRLF": ("func f() {\r\n\ta()\r\n\t‸\r\n}\r\n", "block multi f"),
    "beyond ASCII": ('func größe() {\n\tg("😀", ‸)\n}\n', "argument single größe"),
}

RUST = {
    # Statements and blocks.
    "empty file": ("‸", "statement multi"),
    "module level": ("use std::io;\n\n‸\n", "statement multi"),
    "a word begun": ("pub str‸\n", "statement single"),
    "function begun": ("pub async fn na‸\n", "statement single"),
    "between statements": ("fn f() {\n    a();\n    ‸\n    b();\n}\n", "statement multi f"),
    "variable begun": ("fn f() {\n    let mut na‸\n}\n", "statement single f"),
    "empty body": ("fn f(x: i32) -> Option<i32> {\n    ‸\n}\n", "block multi f"),
    "in the braces": ("fn f() { ‸ }\n", "block single f"),
    "behind the brace": ("fn f() {‸\n}\n", "block multi f"),
    "body not closed": ("fn f() -> Result<(), Error> {\n    ‸\n", "block multi f"),
    "body not closed, code below": (
        "fn f() {\n    ‸\n\nfn g() {\n    a();\n}\n",
        "block multi f",
    ),
    "body begun": ("fn f() {\n    let x = 1;\n    ‸\n}\n", "block multi f"),
    "where": ("fn f<T>(x: T)\nwhere\n    T: Copy,\n{\n    ‸\n}\n", "block multi f"),
    "empty if": ("fn f() {\n    if x {\n        ‸\n    }\n}\n", "block multi f"),
    "if let": ("fn f() {\n    if let Some(x) = y {\n        ‸\n    }\n}\n", "block multi f"),
    "loop": ("fn f() {\n    loop {\n        ‸\n    }\n}\n", "block multi f"),
    "unsafe": ("fn f() {\n    unsafe {\n        ‸\n    }\n}\n", "block multi f"),
    "block as a value": ("fn f() {\n    let x = if y {\n        ‸\n    };\n}\n", "block multi f"),
    "arms": (
        "fn f() {\n    match x {\n        A => 1,\n        ‸\n    }\n}\n",
        "block multi f",
    ),
    "match as a value": (
        "fn f() {\n    let x = match y {\n        ‸\n    };\n}\n",
        "block multi f",
    ),
    "arm with a block": (
        "fn f() {\n    match x {\n        A => {\n            ‸\n        }\n    }\n}\n",
        "block multi f",
    ),
    "closure": ("fn f() {\n    xs.map(|x| {\n        ‸\n    });\n}\n", "block multi f"),
    "named closure": ("fn f() {\n    let g = |x| {\n        ‸\n    };\n}\n", "block multi f.g"),
    "impl": ("impl A {\n    ‸\n}\n", "block multi A"),
    "method": ("impl A {\n    pub fn f(&self) {\n        ‸\n    }\n}\n", "block multi A.f"),
    "method of a trait": (
        "impl fmt::Display for A<'_> {\n    fn fmt(&self) {\n        ‸\n    }\n}\n",
        "block multi A.fmt",
    ),
    "between methods": (
        "impl A {\n    fn f() {}\n\n    ‸\n\n    fn g() {}\n}\n",
        "statement multi A",
    ),
    "struct": ("pub struct A {\n    x: i32,\n    ‸\n}\n", "block multi A"),
    "enum": ("enum A {\n    X,\n    ‸\n}\n", "block multi A"),
    "trait": ("trait A {\n    ‸\n}\n", "block multi A"),
    "module": (
        "mod tests {\n    use super::*;\n\n    #[test]\n    fn f() {\n        ‸\n    }\n}\n",
        "block multi tests.f",
    ),
    # Expressions.
    "assignment": ("fn f() {\n    let x = ‸;\n}\n", "expression single f"),
    "assignment, nothing closed": ("fn f() {\n    let x = ‸\n", "expression single f"),
    "type": ("fn f() {\n    let x: ‸\n}\n", "expression single f"),
    "return": ("fn f() {\n    return ‸\n}\n", "expression single f"),
    "condition": ("fn f() {\n    if ‸ {\n    }\n}\n", "expression single f"),
    "matched": ("fn f() {\n    match ‸ {\n    }\n}\n", "expression single f"),
    "arm": ("fn f() {\n    match x {\n        A => ‸\n    }\n}\n", "expression single f"),
    "member": ("impl A {\n    fn f(&self) {\n        self.‸\n    }\n}\n", "expression single A.f"),
    "member in a chain": (
        "fn f() {\n    a.iter()\n        .‸\n}\n",
        "expression single f",
    ),
    "path": ("fn f() {\n    let x = A::‸\n}\n", "expression single f"),
    "struct literal": ("fn f() {\n    let x = A { x: 1, ‸ };\n}\n", "expression single f"),
    "struct literal over lines": (
        "fn f() -> A {\n    A {\n        x: 1,\n        ‸\n    }\n}\n",
        "expression multi f",
    ),
    "struct literal in a call": (
        "fn f() {\n    Ok(A {\n        ‸\n    })\n}\n",
        "expression multi f",
    ),
    "array": ("fn f() {\n    let x = [1, ‸];\n}\n", "expression single f"),
    "vector": ("fn f() {\n    let x = vec![1, ‸];\n}\n", "expression single f"),
    "after a lifetime": ("fn f<'a>(x: &'a str) {\n    let y = ‸\n}\n", "expression single f"),
    "lifetime on the line": ("fn f() {\n    let x: &'static str = ‸\n}\n", "expression single f"),
    # Arguments and parameters.
    "argument": ("fn f() {\n    g(‸);\n}\n", "argument single f"),
    "argument, not closed": ("fn f() {\n    let x = g(a, ‸\n}\n", "argument single f"),
    "argument, not closed, code below": (
        "fn f() {\n    g(a, ‸\n    b();\n}\n\nfn h() {}\n",
        "argument single f",
    ),
    "argument on a line of its own": (
        "fn f() {\n    g(\n        a,\n        ‸\n    );\n}\n",
        "argument multi f",
    ),
    "argument of a variant": ("fn f() {\n    Some(‸)\n}\n", "argument single f"),
    "argument of a macro": ('fn f() {\n    println!("{}", ‸);\n}\n', "argument single f"),
    "argument of a turbofish": ("fn f() {\n    g::<A>(‸)\n}\n", "argument single f"),
    "argument of a method": ("fn f() {\n    a.b()?.c(‸)\n}\n", "argument single f"),
    "a forgotten bracket above": ("fn f() {\n    g(a\n    let x = ‸\n}\n", "expression single f"),
    "parameter": ("fn f(‸) {}\n", "parameter single f"),
    "parameter, not closed": ("fn f(a: i32, ‸\n", "parameter single"),
    "parameter with a lifetime, not closed": ("fn f<'a>(a: &'a str, ‸\n", "parameter single"),
    "parameter's type": ("fn f(a: ‸) {}\n", "parameter single f"),
    "parameter on a line of its own": (
        "fn f(\n    a: i32,\n    ‸\n) {}\n",
        "parameter multi f",
    ),
    "parameter of a method": (
        "impl A {\n    pub fn f(&self, ‸) {}\n}\n",
        "parameter single A.f",
    ),
    "parameter of a generic function": ("fn f<T: Copy>(x: T, ‸) {}\n", "parameter single f"),
    "parameter of a closure": ("fn f() {\n    xs.map(|x, ‸| x);\n}\n", "parameter single f"),
    "parameter of a closure, not closed": ("fn f() {\n    xs.map(|x, ‸\n}\n", "parameter single f"),
    "parameter of a named closure": (
        "fn f() {\n    let g = |x‸| x;\n}\n",
        "parameter single f.g",
    ),
    "body of a closure": ("fn f() {\n    xs.map(|x| ‸);\n}\n", "argument single f"),
    # Attributes and imports.
    "attribute": ("#[‸]\nstruct A;\n", "decorator single"),
    "attribute begun": ("#[deri‸\nstruct A;\n", "decorator single"),
    "attribute's argument": ("#[derive(Debug, ‸)]\nstruct A;\n", "decorator single"),
    "inner attribute": ("#![‸]\n", "decorator single"),
    "attribute in a body": ("mod a {\n    #[te‸]\n    fn f() {}\n}\n", "decorator single a"),
    "import": ("use ‸;\n", "import single"),
    "import begun": ("use std::coll‸\n", "import single"),
    "import in braces": ("use std::{io, ‸};\n", "import single"),
    "import over lines": ("use std::{\n    io,\n    ‸\n};\n", "import multi"),
    "import that is exported": ("pub use a::‸\n", "import single"),
    "import that a crate exports": ("pub(crate) use a::{‸};\n", "import single"),
    "crate": ("extern crate al‸\n", "import single"),
    # Strings and comments.
    "string": ('fn f() {\n    let x = "abc‸";\n}\n', "string single f"),
    "string, not closed": ('fn f() {\n    g("abc‸\n}\n', "string single f"),
    "raw string": ('const X: &str = r#"a "b" ‸"#;\n', "string single"),
    "format": ('fn f() {\n    println!("a ‸ {}", b);\n}\n', "string single f"),
    "behind a letter": ("fn f() {\n    g('\"', ‸)\n}\n", "argument single f"),
    "comment": ("// TODO‸\n", "comment single"),
    "comment behind code": ("fn f() {\n    a(); // don't ‸\n}\n", "comment single f"),
    "block comment": ("/* about ‸ */\n", "comment single"),
    "documentation": ("/// Does ‸\nfn f() {}\n", "comment single"),
    "documentation, a line of its own": ("/// Does.\n///\n/// ‸\nfn f() {}\n", "comment single"),
    "documentation of the module": ("//! About ‸\n", "comment single"),
    "below documentation": ("/// Does.\n‸\nfn f() {}\n", "statement multi"),
    # Windows and other letters.
    "CRLF": ("fn f() {\r\n    ‸\r\n}\r\n", "block multi f"),
    "beyond ASCII": ('fn größe() {\n    g("😀", ‸);\n}\n', "argument single größe"),
}


def in_class(body: str) -> str:
    return f"class A {{\n{body}}}\n"


def in_method(body: str) -> str:
    return in_class(f"    void f() {{\n{body}    }}\n")


JAVA = {
    # Statements and blocks.
    "empty file": ("‸", "statement multi"),
    "module level": ("package a;\n\n‸\n", "statement multi"),
    "class begun": ("public class Na‸\n", "statement single"),
    "between statements": (
        in_method("        a();\n        ‸\n        b();\n"),
        "statement multi A.f",
    ),
    "a word begun": (in_method("        ret‸\n"), "statement single A.f"),
    "variable begun": (in_method("        final int na‸\n"), "statement single A.f"),
    "method begun": (in_class("    private static int na‸\n"), "statement single A"),
    "empty body": (in_method("        ‸\n"), "block multi A.f"),
    "in the braces": (in_class("    void f() { ‸ }\n"), "block single A.f"),
    "behind the brace": (in_class("    void f() {‸\n    }\n"), "block multi A.f"),
    "body not closed": ("class A {\n    void f() {\n        ‸\n", "block multi A.f"),
    "body not closed, code below": (
        in_class("    void f() {\n        ‸\n\n    void g() {\n    }\n"),
        "block multi A.f",
    ),
    "body begun": (in_method("        a();\n        ‸\n"), "block multi A.f"),
    "throws": (
        in_class("    void f() throws IOException {\n        ‸\n    }\n"),
        "block multi A.f",
    ),
    "throws, not closed": (
        "class A {\n    void f() throws IOException {\n        ‸\n",
        "block multi A.f",
    ),
    "constructor": (in_class("    A(int x) {\n        ‸\n    }\n"), "block multi A.A"),
    "brace on its own line": (
        "class A\n{\n    void f()\n    {\n        ‸\n    }\n}\n",
        "block multi A.f",
    ),
    "empty if": (in_method("        if (x) {\n            ‸\n        }\n"), "block multi A.f"),
    "catch": (
        in_method("        try {\n        } catch (E e) {\n            ‸\n        }\n"),
        "block multi A.f",
    ),
    "end of a case": (
        in_method(
            "        switch (x) {\n            case 1:\n                a();\n                ‸\n"
            "            default:\n                b();\n        }\n"
        ),
        "block multi A.f",
    ),
    "end of a class": (in_class("    int x;\n\n    ‸\n"), "block multi A"),
    "between methods": (
        in_class("    void f() {\n    }\n\n    ‸\n\n    void g() {\n    }\n"),
        "statement multi A",
    ),
    "interface": ("interface A {\n    void f();\n    ‸\n}\n", "block multi A"),
    "enum": ("enum A {\n    X,\n    ‸\n}\n", "block multi A"),
    "record": ("record A(int x) {\n    ‸\n}\n", "block multi A"),
    "nested class": (
        in_class("    static class B {\n        void f() {\n            ‸\n        }\n    }\n"),
        "block multi A.B.f",
    ),
    "lambda": (
        in_method("        xs.forEach(x -> {\n            ‸\n        });\n"),
        "block multi A.f",
    ),
    "anonymous class": (
        in_method("        g(new B() {\n            ‸\n        });\n"),
        "block multi A.f",
    ),
    "method of an anonymous class": (
        in_method(
            "        g(new B() {\n            public int h() {\n                ‸\n"
            "            }\n        });\n"
        ),
        "block multi A.f.h",
    ),
    # Expressions.
    "assignment": (in_method("        int x = ‸;\n"), "expression single A.f"),
    "field": (in_class("    private final int x = ‸\n"), "expression single A"),
    "return": (in_method("        return ‸\n"), "expression single A.f"),
    "condition": (in_method("        if (‸) {\n        }\n"), "expression single A.f"),
    "loop": (in_method("        for (int x : ‸) {\n        }\n"), "expression single A.f"),
    "head of a loop": (in_method("        for (int i = 0; ‸\n"), "expression single A.f"),
    "member": (in_method("        this.‸\n"), "expression single A.f"),
    "member in a chain": (
        in_method("        xs.stream()\n            .‸\n"),
        "expression single A.f",
    ),
    "array": (in_method("        int[] x = {1, ‸};\n"), "expression single A.f"),
    "new array": (in_method("        g(new int[] {1, ‸});\n"), "expression single A.f"),
    "array over lines": (
        in_class("    int[] x = {\n        1,\n        ‸\n    };\n"),
        "expression multi A",
    ),
    "body of a lambda": (in_method("        B b = x -> ‸;\n"), "expression single A.f"),
    "index": (in_method("        int x = a[‸];\n"), "expression single A.f"),
    # Arguments and parameters.
    "argument": (in_method("        g(‸);\n"), "argument single A.f"),
    "argument, not closed": (in_method("        int x = g(a, ‸\n"), "argument single A.f"),
    "argument, not closed, code below": (
        in_method("        g(a, ‸\n        b();\n") + "class B {\n}\n",
        "argument single A.f",
    ),
    "argument on a line of its own": (
        in_method("        g(\n            a,\n            ‸\n        );\n"),
        "argument multi A.f",
    ),
    "argument of a constructor": (in_method("        B b = new B(‸);\n"), "argument single A.f"),
    "argument of a generic constructor": (
        in_method("        B b = new B<>(‸);\n"),
        "argument single A.f",
    ),
    "argument returned": (in_method("        return g(‸\n"), "argument single A.f"),
    "parameter": (in_class("    void f(‸) {\n    }\n"), "parameter single A.f"),
    "parameter, not closed": (
        in_class("    public List<String> f(int a, ‸\n"),
        "parameter single A",
    ),
    "parameter, nothing closed": ("class A {\n    void f(int a, ‸\n", "parameter single A"),
    "parameter on a line of its own": (
        in_class("    void f(\n        final int a,\n        ‸\n    ) {\n    }\n"),
        "parameter multi A.f",
    ),
    "parameter with an annotation above": (
        in_class("    void f(\n        @Nullable String a,\n        ‸\n    ) {\n    }\n"),
        "parameter multi A.f",
    ),
    "parameter of a constructor": (in_class("    public A(‸) {\n    }\n"), "parameter single A.A"),
    "parameter of a constructor, not closed": (
        in_class("    public A(int x, ‸\n"),
        "parameter single A",
    ),
    "parameter of a lambda": (in_method("        g((a, ‸) -> a);\n"), "parameter single A.f"),
    "component of a record": ("record A(int x, ‸) {\n}\n", "parameter single A"),
    # Annotations and imports.
    "annotation": ("@‸\nclass A {\n}\n", "decorator single"),
    "annotation begun": (in_class("    @Over‸\n    void f() {\n    }\n"), "decorator single A.f"),
    "annotation's argument": (
        in_class("    @Test(timeout = ‸)\n    void f() {\n    }\n"),
        "argument single A.f",
    ),
    "behind an annotation": (in_class("    @Override public ‸\n"), "statement single A"),
    "import": ("import ‸\n", "import single"),
    "import begun": ("import static java.util.‸;\n", "import single"),
    # Strings and comments.
    "string": (in_method('        String x = "abc‸";\n'), "string single A.f"),
    "string, not closed": (in_method('        g("abc‸\n'), "string single A.f"),
    "string in an annotation": ('@Path("/a‸")\nclass A {\n}\n', "string single A"),
    "text block": (
        in_method('        g("""\n            a ‸\n            """);\n'),
        "string single A.f",
    ),
    "letter": (in_method("        char x = 'a‸';\n"), "string single A.f"),
    "comment": ("// TODO‸\n", "comment single"),
    "comment behind code": (in_method("        a(); // don't ‸\n"), "comment single A.f"),
    "block comment": (in_method("        /* first ‸ */\n"), "comment single A.f"),
    "documentation": (
        in_class("    /**\n     * Does ‸\n     */\n    void f() {\n    }\n"),
        "comment single A",
    ),
    "documentation, not closed": (
        in_class("    /**\n     * Does ‸\n    void f() {\n    }\n"),
        "comment single A",
    ),
    # Windows and other letters.
    "CRLF": ("class A {\r\n    void f() {\r\n        ‸\r\n    }\r\n}\r\n", "block multi A.f"),
    "beyond ASCII": (
        in_class('    void größe() {\n        g("😀", ‸);\n    }\n'),
        "argument single A.größe",
    ),
}

CPP = {
    # Statements and blocks.
    "empty file": ("‸", "statement multi"),
    "module level": ("#include <a>\n\n‸\n", "statement multi"),
    "a word begun": ("temp‸\n", "statement single"),
    "class begun": ("class Na‸\n", "statement single"),
    "between statements": ("void f() {\n  a();\n  ‸\n  b();\n}\n", "statement multi f"),
    "variable begun": ("void f() {\n  const auto na‸\n}\n", "statement single f"),
    "reference begun": ("void f() {\n  const A& na‸\n}\n", "statement single f"),
    "empty body": ("int f(int x) {\n  ‸\n}\n", "block multi f"),
    "in the braces": ("void f() { ‸ }\n", "block single f"),
    "behind the brace": ("void f() {‸\n}\n", "block multi f"),
    "body not closed": ("void f() {\n  ‸\n", "block multi f"),
    "body not closed, code below": (
        "void f() {\n  ‸\n\nvoid g() {\n  a();\n}\n",
        "block multi f",
    ),
    "body begun": ("void f() {\n  a();\n  ‸\n}\n", "block multi f"),
    "brace on its own line": ("void f()\n{\n  ‸\n}\n", "block multi f"),
    "brace on its own line, not closed": ("void f()\n{\n  a();\n  ‸\n", "block multi f"),
    "body of a constant method": (
        "class A {\n  int f() const override {\n    ‸\n  }\n};\n",
        "block multi A.f",
    ),
    "constructor": (
        "class A {\n  A(int x) : x_(x), y_{x} {\n    ‸\n  }\n};\n",
        "block multi A.A",
    ),
    "method outside of its class": ("void A::f() {\n  ‸\n}\n", "block multi f"),
    "result behind": ("auto f() -> std::vector<int> {\n  ‸\n}\n", "block multi f"),
    "empty if": ("void f() {\n  if (x) {\n    ‸\n  }\n}\n", "block multi f"),
    "do": ("void f() {\n  do {\n    ‸\n  } while (x);\n}\n", "block multi f"),
    "case": ("void f() {\n  switch (x) {\n    case 1:\n      ‸\n  }\n}\n", "block multi f"),
    "end of a case": (
        "void f() {\n  switch (x) {\n    case 1:\n      a();\n      ‸\n    default:\n  }\n}\n",
        "block multi f",
    ),
    "lambda": ("void f() {\n  g([&](int x) {\n    ‸\n  });\n}\n", "block multi f"),
    "named lambda": ("void f() {\n  auto g = [](int x) {\n    ‸\n  };\n}\n", "block multi f.g"),
    "end of a class": ("class A {\n public:\n  int x;\n  ‸\n};\n", "block multi A"),
    "between methods": (
        "class A {\n  void f() {}\n\n  ‸\n\n  void g() {}\n};\n",
        "statement multi A",
    ),
    "struct": ("struct A {\n  ‸\n};\n", "block multi A"),
    "struct, not closed": ("struct A {\n  int x;\n  ‸\n", "block multi A"),
    "enum": ("enum class A {\n  X,\n  ‸\n};\n", "block multi A"),
    "namespace": ("namespace a {\n\n‸\n\n}  // namespace a\n", "block multi a"),
    "between functions of a namespace": (
        "namespace a {\n\nvoid f();\n\n‸\n\nvoid g();\n\n}\n",
        "statement multi a",
    ),
    "method in a namespace": (
        "namespace a {\nclass B {\n  void f() {\n    ‸\n  }\n};\n}\n",
        "block multi a.B.f",
    ),
    "template": ("template <typename T>\nT f(T x) {\n  ‸\n}\n", "block multi f"),
    # Expressions.
    "assignment": ("void f() {\n  int x = ‸;\n}\n", "expression single f"),
    "return": ("int f() {\n  return ‸\n}\n", "expression single f"),
    "condition": ("void f() {\n  if (‸) {\n  }\n}\n", "expression single f"),
    "loop": ("void f() {\n  for (const auto& x : ‸) {\n  }\n}\n", "expression single f"),
    "member": ("void f() {\n  a->‸\n}\n", "expression single f"),
    "scope": ("void f() {\n  std::‸\n}\n", "expression single f"),
    "streamed": ("void f() {\n  std::cout << ‸\n}\n", "expression single f"),
    "streamed on the next line": ("void f() {\n  std::cout <<\n      ‸\n}\n", "expression multi f"),
    "alias": ("using A = ‸\n", "expression single"),
    "initialiser": ("void f() {\n  int x[] = {1, ‸};\n}\n", "expression single f"),
    "initialiser over lines": (
        "std::vector<int> x = {\n    1,\n    ‸\n};\n",
        "expression multi",
    ),
    "initialiser of a variable": ("void f() {\n  A a{1, ‸};\n}\n", "expression single f"),
    "initialiser returned": ("A f() {\n  return {1, ‸};\n}\n", "expression single f"),
    "initialiser as argument": ("void f() {\n  g({1, ‸});\n}\n", "expression single f"),
    "initialiser, not closed": ("void f() {\n  int x[] = {1, ‸\n}\n", "expression single f"),
    "index": ("void f() {\n  x = a[‸];\n}\n", "expression single f"),
    "captures": ("void f() {\n  g([‸](int x) {});\n}\n", "expression single f"),
    # Arguments and parameters.
    "argument": ("void f() {\n  g(‸);\n}\n", "argument single f"),
    "argument, not closed": ("void f() {\n  int x = g(a, ‸\n}\n", "argument single f"),
    "argument, not closed, code below": (
        "void f() {\n  g(a, ‸\n  b();\n}\n\nvoid h() {}\n",
        "argument single f",
    ),
    "argument on a line of its own": (
        "void f() {\n  g(\n      a,\n      ‸\n  );\n}\n",
        "argument multi f",
    ),
    "argument, not closed, declarations below": (
        "void f() {\n  g(a, ‸\n  int x;\n  A* b = c;\n  return;\n}\n",
        "argument single f",
    ),
    "argument of a template": ("void f() {\n  g<int>(‸);\n}\n", "argument single f"),
    "argument of a constructor": ("void f() {\n  auto x = new A(‸);\n}\n", "argument single f"),
    "argument of a scoped function": ("void f() {\n  std::move(‸);\n}\n", "argument single f"),
    "a forgotten bracket above": ("int f() {\n  g(a\n  return ‸\n}\n", "expression single f"),
    "parameter": ("void f(‸) {\n}\n", "parameter single f"),
    "parameter, not closed": ("std::string f(int a, ‸\n", "parameter single"),
    "parameter of a declaration": ("int f(int a, ‸);\n", "parameter single"),
    "parameter on a line of its own": (
        "void f(\n    const A& a,\n    ‸\n) {\n}\n",
        "parameter multi f",
    ),
    "parameter of a method": ("class A {\n  void f(int a, ‸) {}\n};\n", "parameter single A.f"),
    "parameter of a constructor": (
        "class A {\n  explicit A(int a, ‸) {}\n};\n",
        "parameter single A.A",
    ),
    "parameter of a method outside": ("void A::f(int a, ‸) {\n}\n", "parameter single f"),
    "parameter of a lambda": ("void f() {\n  g([](int a, ‸) {});\n}\n", "parameter single f"),
    "parameter of a macro": ("#define F(a, ‸\n", "parameter single"),
    # Attributes and imports.
    "attribute": ("[[‸]] int f();\n", "decorator single"),
    "attribute begun": ("[[nodis‸\nint f();\n", "decorator single"),
    "include": ("#include ‸\n", "import single"),
    "include in brackets": ("#include <vec‸>\n", "import single"),
    "include in brackets, not closed": ("#include <vec‸\n", "import single"),
    "include in quotes": ('#include "a‸"\n', "string single"),
    "using": ("using std::‸;\n", "import single"),
    "using a namespace": ("using namespace st‸\n", "import single"),
    # Strings and comments.
    "string": ('auto x = "abc‸";\n', "string single"),
    "string, not closed": ('void f() {\n  g("abc‸\n}\n', "string single f"),
    "raw string": ('auto x = R"(a "b" ‸)";\n', "string single"),
    "letter": ("char x = 'a‸';\n", "string single"),
    "behind a separated number": ("void f() {\n  g(1'000, ‸);\n}\n", "argument single f"),
    "comment": ("// TODO‸\n", "comment single"),
    "comment behind code": ("void f() {\n  a();  // don't ‸\n}\n", "comment single f"),
    "block comment": ("/* about\n * ‸\n */\n", "comment single"),
    "documentation": ("/// Does ‸\nvoid f();\n", "comment single"),
    "documentation, not closed": ("/** Does ‸\nvoid f();\n", "comment single"),
    # Windows and other letters.
    "CRLF": ("void f() {\r\n  a();\r\n  ‸\r\n}\r\n", "block multi f"),
    "beyond ASCII": ('void f() {\n  g("😀", ‸);\n}\n', "argument single f"),
}

C = {
    "empty body": ("int main(void) {\n    ‸\n}\n", "block multi main"),
    "argument": ('int main(void) {\n    printf("%d", ‸);\n}\n', "argument single main"),
    "parameter": ("static int f(int a, ‸) {\n}\n", "parameter single f"),
    "string": ('int main(void) {\n    puts("a ‸");\n}\n', "string single main"),
    "comment": ("/* about ‸ */\n", "comment single"),
    "include": ("#include <std‸>\n", "import single"),
    "initialiser": ("struct A a = {\n    .x = 1,\n    ‸\n};\n", "expression multi"),
}

CSHARP = {
    "method": ("class A {\n    void F() {\n        ‸\n    }\n}\n", "block multi A.F"),
    "method in a namespace": (
        "namespace N\n{\n  class A\n  {\n    void F()\n    {\n      ‸\n    }\n  }\n}\n",
        "block multi N.A.F",
    ),
    "attribute": ("class A {\n    [Te‸]\n    void F() { }\n}\n", "decorator single A.F"),
    "interpolation": ('class A {\n    string x = $"a {‸}";\n}\n', "expression single A"),
    "import": ("using System.‸;\n", "import single"),
    "comment": ("/// <summary>About ‸\n", "comment single"),
    "string": ('class A {\n    string x = "a ‸";\n}\n', "string single A"),
}

RUBY = {
    "empty body": ("def f(x)\n  ‸\nend\n", "block multi f"),
    "method": ("class A\n  def f\n    a\n    ‸\n  end\nend\n", "block multi A.f"),
    "block": ("xs.each do |x|\n  ‸\nend\n", "block multi"),
    "argument": ("def f\n  g(‸)\nend\n", "argument single f"),
    "interpolation": ('x = "a #{‸}"\n', "expression single"),
    "string": ('x = "a ‸"\n', "string single"),
    "comment": ("# about ‸\n", "comment single"),
}

PHP = {
    "empty body": ("<?php\nfunction f($x) {\n    ‸\n}\n", "block multi f"),
    "method": (
        "<?php\nclass A\n{\n    public function f(): int\n    {\n        ‸\n    }\n}\n",
        "block multi A.f",
    ),
    "member": ("<?php\n$this->‸\n", "expression single"),
    "argument": ("<?php\nf(‸);\n", "argument single"),
    "string": ("<?php\n$x = 'a ‸';\n", "string single"),
    "comment": ("<?php\n// about ‸\n", "comment single"),
}

SHELL = {
    "empty body": ("f() {\n    ‸\n}\n", "block multi f"),
    "if": ("if [ -f x ]; then\n    ‸\nfi\n", "block multi"),
    "loop begun": ("for x in a b; do\n    echo\n    ‸\ndone\n", "block multi"),
    "string": ('echo "a ‸"\n', "string single"),
    "comment": ("# about ‸\n", "comment single"),
}

HTML = {
    "element": ("<div>\n  <p>a</p>\n  ‸\n</div>\n", "block multi"),
    "attribute's value": ('<a href="‸">b</a>\n', "string single"),
    "comment": ("<!-- about ‸ -->\n", "comment single"),
}

CSS = {
    "rule": ("a {\n  color: red;\n  ‸\n}\n", "block multi a"),
    "empty rule": (".a > b {\n  ‸\n}\n", "block multi .a > b"),
    "value": ("a {\n  color: ‸;\n}\n", "expression single a"),
    "string": ('a {\n  content: "‸";\n}\n', "string single a"),
    "comment": ("/* about ‸ */\n", "comment single"),
}

SQL = {
    "condition": ("select * from a where b = ‸\n", "expression single"),
    "argument": ("SELECT count(‸) FROM a;\n", "argument single"),
    "string": ("SELECT 'a‸';\n", "string single"),
    "comment": ("-- about ‸\n", "comment single"),
    "columns": ("CREATE TABLE a (\n  b INT,\n  ‸\n);\n", "block multi a"),
}

YAML = {
    "value": ("a: ‸\n", "expression single"),
    "end of a mapping": ("a:\n  b: 1\n  ‸\nc: 2\n", "block multi"),
    "list": ("a: [1, ‸]\n", "expression single"),
    "string": ('a: "b‸"\n', "string single"),
    "comment": ("# about ‸\n", "comment single"),
    "a word like an import": ("import: ‸\n", "expression single"),
}

TOML = {
    "value": ("[a]\nb = ‸\n", "expression single a"),
    "array": ("a = [\n  1,\n  ‸\n]\n", "expression multi"),
    "string": ('a = "b‸"\n', "string single"),
    "comment": ("# about ‸\n", "comment single"),
}

JSON = {
    "value": ('{"a": ‸}\n', "expression single"),
    "member": ('{\n  "a": 1,\n  ‸\n}\n', "expression multi"),
    "element": ("[1, ‸]\n", "expression single"),
    "string": ('{"a": "b‸"}\n', "string single"),
}

MARKDOWN = {
    "text": ("# Title\n\nIt's (about ‸\n", "comment single"),
    "below text": ("# Title\n\n‸\n", "comment single"),
    "body in a fence": ("It's (a:\n\n```python\ndef f():\n    ‸\n```\n", "block multi f"),
    "argument in a fence": ("It's\n\n```python\nf(‸)\n```\n", "argument single"),
    "argument in a second fence": (
        "```python\nf(\n```\n\nIt's\n\n```rust\nfn f() {\n    g(‸\n}\n```\n",
        "argument single f",
    ),
    "string in a fence": ('```python\nx = "a‸"\n```\n', "string single"),
    "text behind a fence": ("```python\ndef f():\n```\n\nAbout ‸\n", "comment single"),
}

# No grammar: indentation and brackets say what they can, and nothing names what is around.
ZIG = {
    "empty body": ("fn f() void {\n    ‸\n}\n", "block multi"),
    "between statements": ("fn f() void {\n    a();\n    ‸\n    b();\n}\n", "statement multi"),
    "body begun": ("fn f() void {\n    a();\n    ‸\n}\n", "block multi"),
    "assignment": ("const x = ‸\n", "expression single"),
    "argument": ("    f(a, ‸)\n", "argument single"),
    "parameter": ("pub fn f(‸\n", "parameter single"),
    "string": ('const x = "a ‸"\n', "string single"),
    "comment": ("    // about ‸\n", "comment single"),
}

TEXT = {
    "text": ("It's about ‸\n", "statement single"),
    "below text": ("About.\n\n‸\n", "statement multi"),
    "indented": ("a\n    b\n    ‸\nc\n", "block multi"),
}

HOLES = {
    "a.ts": TYPESCRIPT,
    "a.tsx": TSX,
    "a.js": JAVASCRIPT,
    "a.go": GO,
    "a.rs": RUST,
    "a.java": JAVA,
    "a.cpp": CPP,
    "a.c": C,
    "a.cs": CSHARP,
    "a.rb": RUBY,
    "a.php": PHP,
    "a.sh": SHELL,
    "a.html": HTML,
    "a.css": CSS,
    "a.sql": SQL,
    "a.yaml": YAML,
    "a.toml": TOML,
    "a.json": JSON,
    "a.md": MARKDOWN,
    "a.zig": ZIG,
    "a.txt": TEXT,
}


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        pytest.param(path, *hole, id=f"{path}: {name}")
        for path, holes in HOLES.items()
        for name, hole in holes.items()
    ],
)
def test_the_hole_in_a_language(path, source, expected):
    hole = find_hole(at_cursor(source, path))
    scope = ".".join(definition.name for definition in hole.scope)
    assert f"{hole.kind} {hole.lines} {scope}".rstrip() == expected


REFUSED = {
    "a.ts": {
        "inside a word": ("con‸st x = 1;\n", "inside-word"),
        "inside a word of a string": ('const x = "a‸b";\n', "inside-word"),
        "behind a semicolon": ("x();‸\n", "closed-statement"),
        "behind a semicolon and a blank": ("x(); ‸\n", "closed-statement"),
        "behind a brace": ("if (x) {\n}‸\n", "closed-statement"),
        "behind an import": ('import a from "a";‸\n', "closed-statement"),
        "behind a semicolon in a body": ("function f() {\n  x();‸\n}\n", "closed-statement"),
        "behind a call": ("x()‸\n", None),
        "behind an opening brace": ("if (x) {‸\n", None),
        "behind a member in an object": ("const x = {\n  a: {}‸\n};\n", None),
        "behind a semicolon in a loop's head": ("for (let i = 0;‸\n", None),
        "behind a semicolon in a string": ('f("a;‸");\n', None),
        "behind a semicolon in a comment": ("// a;‸\n", None),
        "a blank line": ("x();\n‸\n", None),
    },
    "a.go": {
        "inside a word": ("pack‸age a\n", "inside-word"),
        "behind a brace": ("func f() {\n}‸\n", "closed-statement"),
        "behind a call": ("func f() {\n\tx()‸\n}\n", None),
        "behind a field": ("var x = A{\n\tb: B{}‸\n}\n", None),
    },
    "a.rs": {
        "inside a word": ("f‸n f() {}\n", "inside-word"),
        "behind a semicolon": ("fn f() {\n    x();‸\n}\n", "closed-statement"),
        "behind a brace": ("fn f() {\n}‸\n", "closed-statement"),
        "behind an import": ("use a::b;‸\n", "closed-statement"),
        "behind a value": ("fn f() {\n    x‸\n}\n", None),
    },
    "a.java": {
        "inside a word": ("cla‸ss A {\n}\n", "inside-word"),
        "behind a semicolon": (in_method("        x();‸\n"), "closed-statement"),
        "behind a brace": (in_class("    void f() {\n    }‸\n"), "closed-statement"),
        "behind a semicolon in a loop's head": (in_method("        for (int i = 0;‸\n"), None),
    },
    "a.cpp": {
        "inside a word": ("cla‸ss A {\n};\n", "inside-word"),
        "behind a semicolon": ("void f() {\n  x();‸\n}\n", "closed-statement"),
        "behind a brace": ("void f() {\n}‸\n", "closed-statement"),
        "behind an include": ("#include <a>‸\n", None),
    },
    "a.zig": {
        "inside a word": ("con‸st x = 1;\n", "inside-word"),
        "behind a semicolon": ("const y = 2;\nx();‸\n", "closed-statement"),
    },
    "a.txt": {"behind a sentence": ("It is so.‸\n", None)},
}


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        pytest.param(path, *hole, id=f"{path}: {name}")
        for path, holes in REFUSED.items()
        for name, hole in holes.items()
    ],
)
def test_places_where_nothing_is_suggested(path, source, expected):
    assert find_hole(at_cursor(source, path)).refusal == expected
