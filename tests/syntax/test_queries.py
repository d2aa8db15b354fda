"""Every language's query: what it names in whole sources and in broken ones; and the registry.

Here a text of several lines stands as its first and last one; that of a definition as what comes
before its body, and the body.
"""

import sys
from collections import Counter
from dataclasses import dataclass, replace
from importlib import resources

import pytest

from codegen.errors import CodegenError
from codegen.syntax.grammar import LITERALS, Grammar, grammar_of
from codegen.syntax.language import Language
from codegen.syntax.registry import LANGUAGES, language_named, language_of
from codegen.syntax.tree import Capture, SyntaxTree

DEFINITIONS = ("class", "function", "fence")
KINDS = (
    *LITERALS,
    "import",
    "variable",
    "decorator",
    "parameters",
    "arguments",
    "block",
    *DEFINITIONS,
)


@dataclass(frozen=True)
class Case:
    """A source and what its captures are, in the order of the source, by their kind."""

    name: str
    language: str
    source: str
    captures: dict[str, list[str]]
    definitions: list[tuple[str, str | None, str, str | None]]

    @property
    def text(self) -> str:
        return self.source.removeprefix("\n")


CASES = [
    Case(
        "module",
        "javascript",
        r"""
// A cart, in euros (€).
import { round } from "./money.js";
const tax = require("./tax");

/** What is bought. */
export class Cart extends Base {
  #items = [];
  onChange = async (item) => {
    notify(item);
  };

  static {
    register(Cart);
  }

  add(item, count = 1) {
    if (count < 1) {
      throw new RangeError(`count is ${count}`);
    }
    this.#items.push({ item, count });
  }
}

const total = (cart) => cart.sum * tax.rate;
var first = function () { return /[({]/; }, second = 2;

function* walk(items) {
  switch (items.length) {
    case 0:
      return 'empty';
  }
}

module.exports = function (a) {
  return { run(b) { return a + b; }, stop: () => {} };
};
export default () => {
  total();
};
""",
        {
            "variable": [
                'const tax = require("./tax");',
                "const total = (cart) => cart.sum * tax.rate;",
                "var first = function () { return /[({]/; }, second = 2;",
            ],
            "comment": ["// A cart, in euros (€).", "/** What is bought. */"],
            "string": ['"./money.js"', '"./tax"', "`count is ${count}`", "/[({]/", "'empty'"],
            "code": ["${count}"],
            "import": ['import { round } from "./money.js";', 'const tax = require("./tax");'],
            "parameters": [
                "(item)",
                "(item, count = 1)",
                "(cart)",
                "()",
                "(items)",
                "(a)",
                "(b)",
                "()",
                "()",
            ],
            "arguments": [
                '("./tax")',
                "(item)",
                "(Cart)",
                "(`count is ${count}`)",
                "({ item, count })",
                "()",
            ],
            "block": [
                "{ … }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ return /[({]/; }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ return a + b; }",
                "{}",
                "{ … }",
            ],
        },
        [
            ("class", "Cart", "class Cart extends Base", "{ … }"),
            ("function", "onChange", "onChange = async (item) =>", "{ … }"),
            ("function", "add", "add(item, count = 1)", "{ … }"),
            ("function", "total", "const total = (cart) =>", "cart.sum * tax.rate"),
            ("function", "first", "first = function ()", "{ return /[({]/; }"),
            ("function", "walk", "function* walk(items)", "{ … }"),
            ("function", "exports", "module.exports = function (a)", "{ … }"),
            ("function", "run", "run(b)", "{ return a + b; }"),
            ("function", "stop", "stop: () =>", "{}"),
            ("function", None, "export default () =>", "{ … }"),
        ],
    ),
    Case(
        "script",
        "javascript",
        r"""
#!/usr/bin/env node
var fs = require('fs');
const twice = (x) => x * 2;

function read(path) {
  if (!fs.existsSync(path)) { return null; }
  return { text: fs.readFileSync(path, "utf8") };
}

var write = function (path, text) { fs.writeFileSync(path, text); };
let count = 0, next = () => ++count;

const Store = class {
  @logged
  load() { return read(`${this.dir}/${next()}`); }
};

export default class {
  close() { }
}
""",
        {
            "variable": [
                "var fs = require('fs');",
                "const twice = (x) => x * 2;",
                "var write = function (path, text) { fs.writeFileSync(path, text); };",
                "let count = 0, next = () => ++count;",
                "const Store = class { … };",
            ],
            "comment": ["#!/usr/bin/env node"],
            "string": ["'fs'", '"utf8"', "`${this.dir}/${next()}`"],
            "code": ["${this.dir}", "${next()}"],
            "import": ["var fs = require('fs');"],
            "decorator": ["@logged"],
            "parameters": ["(x)", "(path)", "(path, text)", "()", "()", "()"],
            "arguments": [
                "('fs')",
                "(path)",
                '(path, "utf8")',
                "(path, text)",
                "(`${this.dir}/${next()}`)",
                "()",
            ],
            "block": [
                "{ … }",
                "{ return null; }",
                "{ fs.writeFileSync(path, text); }",
                "{ … }",
                "{ return read(`${this.dir}/${next()}`); }",
                "{ … }",
                "{ }",
            ],
        },
        [
            ("function", "twice", "const twice = (x) =>", "x * 2"),
            ("function", "read", "function read(path)", "{ … }"),
            (
                "function",
                "write",
                "var write = function (path, text)",
                "{ fs.writeFileSync(path, text); }",
            ),
            ("function", "next", "next = () =>", "++count"),
            ("class", "Store", "const Store = class", "{ … }"),
            ("function", "load", "@logged … load()", "{ return read(`${this.dir}/${next()}`); }"),
            ("class", None, "export default class", "{ … }"),
            ("function", "close", "close()", "{ }"),
        ],
    ),
    Case(
        "service",
        "typescript",
        r"""
#!/usr/bin/env node
import type { Order } from "./order";
import fs = require("fs");
import Id = Shop.Id;

@Injectable({ scope: "request" })
export abstract class Service<T> implements Runner {
  @Input() name: string = 'anonymous';

  constructor(private readonly store: Store<T>) {
    super();
  }

  get size(): number { return this.store.size; }

  abstract close(): void;
}

interface Runner {
  run(order: Order): Promise<void>;
}

type Point = { x: number; y: number };
type Path = `/orders/${string}`;

enum Color {
  Red,
  Green = "g",
}

namespace Shop.Units {
  export const gram = 1;
}

declare module "legacy" {
  export function old(a: string): void;
}

declare global {
  interface Window { app: unknown }
}
""",
        {
            "variable": [
                "type Point = { x: number; y: number };",
                "type Path = `/orders/${string}`;",
            ],
            "comment": ["#!/usr/bin/env node"],
            "string": [
                '"./order"',
                '"fs"',
                '"request"',
                "'anonymous'",
                "`/orders/${string}`",
                '"g"',
                '"legacy"',
            ],
            "code": ["${string}"],
            "import": [
                'import type { Order } from "./order";',
                'import fs = require("fs");',
                "import Id = Shop.Id;",
            ],
            "decorator": ['@Injectable({ scope: "request" })', "@Input()"],
            "parameters": [
                "(private readonly store: Store<T>)",
                "()",
                "()",
                "(order: Order)",
                "(a: string)",
            ],
            "arguments": ['({ scope: "request" })', "()", "()"],
            "block": [
                "{ … }",
                "{ … }",
                "{ return this.store.size; }",
                "{ … }",
                "{ x: number; y: number }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ app: unknown }",
            ],
        },
        [
            ("class", "Service", "abstract class Service<T> implements Runner", "{ … }"),
            ("function", "constructor", "constructor(private readonly store: Store<T>)", "{ … }"),
            ("function", "size", "get size(): number", "{ return this.store.size; }"),
            ("class", "Runner", "interface Runner", "{ … }"),
            ("class", "Point", "type Point =", "{ x: number; y: number }"),
            ("class", "Color", "enum Color", "{ … }"),
            ("class", "Shop.Units", "namespace Shop.Units", "{ … }"),
            ("class", '"legacy"', 'module "legacy"', "{ … }"),
            ("class", "global", "declare global", "{ … }"),
            ("class", "Window", "interface Window", "{ app: unknown }"),
        ],
    ),
    Case(
        "functions",
        "typescript",
        r"""
/* Overloads and callbacks. */
export function parse(text: string): Node;
export function parse(text: any, strict = false): Node {
  try {
    return new Parser<Node>(text).run();
  } catch (error) {
    return { kind: "broken", error };
  }
}

export const compose = <A, B>(f: (a: A) => B): ((a: A) => B) => {
  return (a) => f(a);
};
let one = (x: number) => x, two = async function named() { await one(1); };

const Visitor = class {
  visit = (node: Node) => {};
};
""",
        {
            "variable": [
                "const compose = <A, B>(f: (a: A) => B): ((a: A) => B) => { … };",
                "let one = (x: number) => x, two = async function named() { await one(1); };",
                "const Visitor = class { … };",
            ],
            "comment": ["/* Overloads and callbacks. */"],
            "string": ['"broken"'],
            "parameters": [
                "(text: string)",
                "(text: any, strict = false)",
                "(f: (a: A) => B)",
                "(a: A)",
                "(a: A)",
                "(a)",
                "(x: number)",
                "()",
                "(node: Node)",
            ],
            "arguments": ["(text)", "()", "(a)", "(1)"],
            "block": ["{ … }", "{ … }", "{ … }", "{ … }", "{ await one(1); }", "{ … }", "{}"],
        },
        [
            ("function", "parse", "function parse(text: any, strict = false): Node", "{ … }"),
            (
                "function",
                "compose",
                "const compose = <A, B>(f: (a: A) => B): ((a: A) => B) =>",
                "{ … }",
            ),
            ("function", "one", "one = (x: number) =>", "x"),
            ("function", "two", "two = async function named()", "{ await one(1); }"),
            ("class", "Visitor", "const Visitor = class", "{ … }"),
            ("function", "visit", "visit = (node: Node) =>", "{}"),
        ],
    ),
    Case(
        "script",
        "typescript",
        r"""
// As much of it as is JavaScript.
const path = require("path");
var os = require('os');

class Walker {
  *walk() { yield 1; }
}

function* numbers(): Generator<number> { yield /[(]/.test("x") ? 1 : 2; }

var old = function (a: string) { return a; };
module.exports = (name: string) => {
  return { open: async () => { await old(name); } };
};
export default (x: number) => x;
""",
        {
            "variable": [
                'const path = require("path");',
                "var os = require('os');",
                "var old = function (a: string) { return a; };",
            ],
            "comment": ["// As much of it as is JavaScript."],
            "string": ['"path"', "'os'", "/[(]/", '"x"'],
            "import": ['const path = require("path");', "var os = require('os');"],
            "parameters": ["()", "()", "(a: string)", "(name: string)", "()", "(x: number)"],
            "arguments": ['("path")', "('os')", '("x")', "(name)"],
            "block": [
                "{ … }",
                "{ yield 1; }",
                '{ yield /[(]/.test("x") ? 1 : 2; }',
                "{ return a; }",
                "{ … }",
                "{ await old(name); }",
            ],
        },
        [
            ("class", "Walker", "class Walker", "{ … }"),
            ("function", "walk", "*walk()", "{ yield 1; }"),
            (
                "function",
                "numbers",
                "function* numbers(): Generator<number>",
                '{ yield /[(]/.test("x") ? 1 : 2; }',
            ),
            ("function", "old", "var old = function (a: string)", "{ return a; }"),
            ("function", "exports", "module.exports = (name: string) =>", "{ … }"),
            ("function", "open", "open: async () =>", "{ await old(name); }"),
            ("function", None, "export default (x: number) =>", "x"),
        ],
    ),
    Case(
        "default",
        "typescript",
        r"""
/* A class without a name. */
export default class {
  run(): void { log('run'); }
}
""",
        {
            "comment": ["/* A class without a name. */"],
            "string": ["'run'"],
            "parameters": ["()"],
            "arguments": ["('run')"],
            "block": ["{ … }", "{ log('run'); }"],
        },
        [
            ("class", None, "export default class", "{ … }"),
            ("function", "run", "run(): void", "{ log('run'); }"),
        ],
    ),
    Case(
        "component",
        "typescriptreact",
        r"""
// A list.
import React, { useState } from "react";

interface Props { items: string[] }

export function List({ items }: Props) {
  const [open, setOpen] = useState(false);
  const toggle = () => {
    setOpen(!open);
  };
  return (
    <ul className="list" onClick={toggle}>
      {items.map((item) => <li key={item}>{`#${item}`}</li>)}
    </ul>
  );
}

export const Badge: React.FC = () => <b>new</b>;
""",
        {
            "variable": ["const Badge: React.FC = () => <b>new</b>;"],
            "comment": ["// A list."],
            "string": ['"react"', '"list"', "`#${item}`"],
            "code": ["${item}"],
            "import": ['import React, { useState } from "react";'],
            "parameters": ["({ items }: Props)", "()", "(item)", "()"],
            "arguments": ["(false)", "(!open)", "((item) => <li key={item}>{`#${item}`}</li>)"],
            "block": ["{ items: string[] }", "{ … }", "{ … }"],
        },
        [
            ("class", "Props", "interface Props", "{ items: string[] }"),
            ("function", "List", "function List({ items }: Props)", "{ … }"),
            ("function", "toggle", "const toggle = () =>", "{ … }"),
            ("function", "Badge", "const Badge: React.FC = () =>", "<b>new</b>"),
        ],
    ),
    Case(
        "types",
        "go",
        r"""
// Package shapes measures.
package shapes

import (
	"fmt"
	m "math"
)

type Circle struct {
	R float64 `json:"r"`
}

type Number interface {
	~int | ~float64
}

type (
	Shape interface{ Area() float64 }
	List[T any] struct{ items []T }
	ID  int
)

func (c *Circle) Area() float64 {
	return m.Pi * c.R * c.R
}

func Map[T, U any](xs []T, f func(T) U) (ys []U) {
	for _, x := range xs {
		ys = append(ys, f(x))
	}
	return ys
}
""",
        {
            "comment": ["// Package shapes measures."],
            "string": ['"fmt"', '"math"', '`json:"r"`'],
            "import": ["import ( … )"],
            "parameters": ["()", "(c *Circle)", "()", "(xs []T, f func(T) U)", "(T)", "(ys []U)"],
            "arguments": ["(ys, f(x))", "(x)"],
            "block": [
                "{ … }",
                "interface { … }",
                "interface{ Area() float64 }",
                "{ items []T }",
                "{ … }",
                "{ … }",
                "{ … }",
            ],
        },
        [
            ("class", "Circle", "type Circle struct", "{ … }"),
            ("class", "Number", "type Number", "interface { … }"),
            ("class", "Shape", "Shape", "interface{ Area() float64 }"),
            ("class", "List", "List[T any] struct", "{ items []T }"),
            ("function", "Area", "func (c *Circle) Area() float64", "{ … }"),
            ("function", "Map", "func Map[T, U any](xs []T, f func(T) U) (ys []U)", "{ … }"),
        ],
    ),
    Case(
        "statements",
        "go",
        r"""
package main

import "os"

var handler = func(code int) { os.Exit(code) }

var (
	retry = func() bool { return false }
)

/* The start. */
func main() {
	point := Point{X: 1, Y: 2}
	run := func() {
		fmt.Println("übung", 'x', point)
	}
	switch {
	case retry():
		run()
	}
	switch v := any(point).(type) {
	case int:
		_ = v
	}
	select {
	case <-done:
	}
}
""",
        {
            "variable": ["var handler = func(code int) { os.Exit(code) }", "var ( … )"],
            "comment": ["/* The start. */"],
            "string": ['"os"', '"übung"', "'x'"],
            "import": ['import "os"'],
            "parameters": ["(code int)", "()", "()", "()"],
            "arguments": ["(code)", "(\"übung\", 'x', point)", "()", "()", "(point)"],
            "block": [
                "{ os.Exit(code) }",
                "{ return false }",
                "{ … }",
                "{ … }",
                "switch { … }",
                "switch v := any(point).(type) { … }",
                "select { … }",
            ],
        },
        [
            ("function", "handler", "var handler = func(code int)", "{ os.Exit(code) }"),
            ("function", "retry", "retry = func() bool", "{ return false }"),
            ("function", "main", "func main()", "{ … }"),
            ("function", "run", "run := func()", "{ … }"),
        ],
    ),
    Case(
        "items",
        "rust",
        r"""
//! Shapes.
use std::fmt::{self, Display};
extern crate serde;

#[derive(Debug, Clone)]
pub struct Circle<T> {
    r: T,
}

pub enum Shape {
    Round(f64),
    Square { side: f64 },
}

trait Area {
    fn area(&self) -> f64;
    fn twice(&self) -> f64 { self.area() * 2.0 }
}

impl<T: Into<f64>> Area for Circle<T> {
    fn area(&self) -> f64 {
        1.0
    }
}

impl fmt::Display for crate::Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", 1) }
}

impl Area for &Shape {}

mod inner {
    union Bits { i: u32, f: f32 }
}

mod outside;
""",
        {
            "comment": ["//! Shapes.\n"],
            "string": ['"{}"'],
            "import": ["use std::fmt::{self, Display};", "extern crate serde;"],
            "decorator": ["#[derive(Debug, Clone)]"],
            "parameters": ["(&self)", "(&self)", "(&self)", "(&self, f: &mut fmt::Formatter<'_>)"],
            "arguments": ["()", '(f, "{}", 1)'],
            "block": [
                "{ … }",
                "{ … }",
                "{ side: f64 }",
                "{ … }",
                "{ self.area() * 2.0 }",
                "{ … }",
                "{ … }",
                "{ … }",
                '{ write!(f, "{}", 1) }',
                "{}",
                "{ … }",
                "{ i: u32, f: f32 }",
            ],
        },
        [
            ("class", "Circle", "pub struct Circle<T>", "{ … }"),
            ("class", "Shape", "pub enum Shape", "{ … }"),
            ("class", "Area", "trait Area", "{ … }"),
            ("function", "twice", "fn twice(&self) -> f64", "{ self.area() * 2.0 }"),
            ("class", "Circle", "impl<T: Into<f64>> Area for Circle<T>", "{ … }"),
            ("function", "area", "fn area(&self) -> f64", "{ … }"),
            ("class", "Shape", "impl fmt::Display for crate::Shape", "{ … }"),
            (
                "function",
                "fmt",
                "fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result",
                '{ write!(f, "{}", 1) }',
            ),
            ("class", "&Shape", "impl Area for &Shape", "{}"),
            ("class", "inner", "mod inner", "{ … }"),
            ("class", "Bits", "union Bits", "{ i: u32, f: f32 }"),
        ],
    ),
    Case(
        "functions",
        "rust",
        r"""
#![allow(dead_code)]
/* Macros and closures. */
macro_rules! square {
    ($x:expr) => { $x * $x };
}

pub async fn run(args: Vec<String>) -> Result<(), Error> {
    let add = |a: i32, b: i32| { a + b };
    let point = Point { x: 1, y: 2 };
    let all = vec![1, 2, 3];
    match add(1, 2) {
        3 => println!("drei € {}", point.x),
        _ => {
            all.iter().map(|x| x + 1).for_each(drop);
        }
    }
    let raw = r#"a "quoted" word"#;
    unsafe { take(raw, 'c', b"bytes") }
}
""",
        {
            "comment": ["/* Macros and closures. */"],
            "string": ['"drei € {}"', 'r#"a "quoted" word"#', "'c'", 'b"bytes"'],
            "decorator": ["#![allow(dead_code)]"],
            "parameters": ["(args: Vec<String>)", "|a: i32, b: i32|", "|x|"],
            "arguments": [
                "[1, 2, 3]",
                "(1, 2)",
                '("drei € {}", point.x)',
                "()",
                "(|x| x + 1)",
                "(drop)",
                "(raw, 'c', b\"bytes\")",
            ],
            "block": ["{ … }", "{ a + b }", "{ … }", "{ … }", "{ take(raw, 'c', b\"bytes\") }"],
        },
        [
            ("function", "square", "macro_rules! square { … }", None),
            (
                "function",
                "run",
                "pub async fn run(args: Vec<String>) -> Result<(), Error>",
                "{ … }",
            ),
            ("function", "add", "let add = |a: i32, b: i32|", "{ a + b }"),
        ],
    ),
    Case(
        "class",
        "java",
        r"""
package shop;

import java.util.List;
import static java.lang.Math.max;

/** A cart. */
@Entity(name = "carts")
public class Cart<T> extends Base implements Priced {
    private final int[] counts = {1, 2};
    private Function<Integer, Integer> twice = x -> x * 2;

    static {
        register("cart");
    }

    @Inject
    public Cart(List<T> items) {
        super(items);
    }

    @Override
    public <R> int total(R... extras) throws Failed {
        Runnable log = () -> { print('c'); };
        return max(fold((a, b) -> a), 1);
    }

    abstract void clear();

    interface Priced {
        default int price() { return 0; }
    }
}
""",
        {
            "comment": ["/** A cart. */"],
            "string": ['"carts"', '"cart"', "'c'"],
            "import": ["import java.util.List;", "import static java.lang.Math.max;"],
            "decorator": ['@Entity(name = "carts")', "@Inject", "@Override"],
            "parameters": ["(List<T> items)", "(R... extras)", "()", "(a, b)", "()", "()"],
            "arguments": [
                '(name = "carts")',
                '("cart")',
                "(items)",
                "('c')",
                "(fold((a, b) -> a), 1)",
                "((a, b) -> a)",
            ],
            "block": [
                "{ … }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ print('c'); }",
                "{ … }",
                "{ return 0; }",
            ],
        },
        [
            (
                "class",
                "Cart",
                '@Entity(name = "carts") … public class Cart<T> extends Base implements Priced',
                "{ … }",
            ),
            ("function", "twice", "private Function<Integer, Integer> twice = x ->", "x * 2"),
            ("function", "Cart", "@Inject … public Cart(List<T> items)", "{ … }"),
            (
                "function",
                "total",
                "@Override … public <R> int total(R... extras) throws Failed",
                "{ … }",
            ),
            ("function", "log", "Runnable log = () ->", "{ print('c'); }"),
            ("class", "Priced", "interface Priced", "{ … }"),
            ("function", "price", "default int price()", "{ return 0; }"),
        ],
    ),
    Case(
        "kinds",
        "java",
        r'''
enum Color {
    RED(1) {
        void paint() { }
    },
    GREEN;

    Color(int code) { }
}

record Point(int x, int y) {
    Point {
        check(x);
    }
}

@interface Marker {
    int value() default 1;
}

class Text {
    // Blocks and texts.
    String show(Object o) {
        switch (o) {
            case null: break;
        }
        String text = """
            two
            lines""";
        new Thread() {
            public void run() { }
        }.start();
        return STR."a \{o} b";
    }
}
''',
        {
            "comment": ["// Blocks and texts."],
            "string": ['""" … lines"""', '"a \\{o} b"'],
            "code": ["\\{o}"],
            "parameters": ["()", "(int code)", "(int x, int y)", "(Object o)", "()"],
            "arguments": ["(1)", "(x)", "()", "()"],
            "block": [
                "{ … }",
                "{ … }",
                "{ }",
                "{ }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ }",
            ],
        },
        [
            ("class", "Color", "enum Color", "{ … }"),
            ("function", "paint", "void paint()", "{ }"),
            ("function", "Color", "Color(int code)", "{ }"),
            ("class", "Point", "record Point(int x, int y)", "{ … }"),
            ("function", "Point", "Point", "{ … }"),
            ("class", "Marker", "@interface Marker", "{ … }"),
            ("class", "Text", "class Text", "{ … }"),
            ("function", "show", "String show(Object o)", "{ … }"),
            ("function", "run", "public void run()", "{ }"),
        ],
    ),
    Case(
        "module",
        "java",
        r"""
/* Of the whole module. */
import shop.Marker;

@Marker("x")
module shop.core {
    requires java.sql;
}
""",
        {
            "comment": ["/* Of the whole module. */"],
            "string": ['"x"'],
            "import": ["import shop.Marker;"],
            "decorator": ['@Marker("x")'],
            "arguments": ['("x")'],
            "block": ["{ … }"],
        },
        [("class", "shop.core", '@Marker("x") … module shop.core', "{ … }")],
    ),
    Case(
        "functions",
        "c",
        r"""
/* A list. */
#include <stdio.h>
#include "list.h"

#define MAX(a, b) ((a) > (b) ? (a) : (b))

int list_size(const struct list *list);

static struct node *find(struct list *list, char key)
{
    for (struct node *n = list->head; n; n = n->next) {
        if (n->key == key)
            return n;
    }
    return NULL;
}

[[noreturn]] void die(const char *why) {
    printf("died: %s\n", why);
}

char **names(void) {
    struct range r = { .from = 'a', .to = 'z' };
    switch (r.from) {
    case 'a':
        break;
    }
    return copy(L"wide", (struct range){1, 2});
}

void (*handler(int code))(int) { return 0; }
""",
        {
            "variable": ["int list_size(const struct list *list);"],
            "comment": ["/* A list. */"],
            "string": ["<stdio.h>", '"list.h"', '"died: %s\\n"', "'a'", "'z'", "'a'", 'L"wide"'],
            "import": ["#include <stdio.h>\n", '#include "list.h"\n'],
            "decorator": ["[[noreturn]]"],
            "parameters": [
                "(a, b)",
                "(const struct list *list)",
                "(struct list *list, char key)",
                "(const char *why)",
                "(void)",
                "(int code)",
                "(int)",
            ],
            "arguments": ['("died: %s\\n", why)', '(L"wide", (struct range){1, 2})'],
            "block": ["{ … }", "{ … }", "{ … }", "{ … }", "{ … }", "{ return 0; }"],
        },
        [
            ("function", "find", "static struct node *find(struct list *list, char key)", "{ … }"),
            ("function", "die", "[[noreturn]] void die(const char *why)", "{ … }"),
            ("function", "names", "char **names(void)", "{ … }"),
            ("function", "handler", "void (*handler(int code))(int)", "{ return 0; }"),
        ],
    ),
    Case(
        "types",
        "c",
        r"""
// Types.
struct node {
    int key;
    union { int i; float f; } value;
};

typedef struct {
    double x, y;
} Point;

typedef struct list { struct node *head; } List;

enum color { RED, GREEN = 2 };

union word { int i; char c[4]; };

extern int count;
""",
        {
            "variable": [
                "typedef struct { … } Point;",
                "typedef struct list { struct node *head; } List;",
                "extern int count;",
            ],
            "comment": ["// Types."],
            "block": [
                "{ … }",
                "{ int i; float f; }",
                "{ … }",
                "{ struct node *head; }",
                "{ RED, GREEN = 2 }",
                "{ int i; char c[4]; }",
            ],
        },
        [
            ("class", "node", "struct node", "{ … }"),
            ("class", "Point", "typedef struct", "{ … }"),
            ("class", "list", "struct list", "{ struct node *head; }"),
            ("class", "color", "enum color", "{ RED, GREEN = 2 }"),
            ("class", "word", "union word", "{ int i; char c[4]; }"),
        ],
    ),
    Case(
        "class",
        "cpp",
        r"""
// A stack.
#include <vector>
using namespace std;
using std::string;

namespace app::core {

template <typename T>
class Stack : public Base<T> {
public:
    explicit Stack(int size) : size_(size), data_{nullptr} { }
    ~Stack() { clear(); }
    Stack(const Stack&) = delete;
    T& operator[](int i) { return data_[i]; }
    operator bool() const { return size_ > 0; }
    virtual int size() const override { return size_; }

    enum class Mode : int { Fast, Safe };

private:
    int size_ = 0;
};

template <> struct Stack<int> { };

}

namespace {
int hidden;
}
""",
        {
            "comment": ["// A stack."],
            "string": ["<vector>"],
            "import": ["#include <vector>\n", "using namespace std;", "using std::string;"],
            "parameters": ["(int size)", "()", "(const Stack&)", "(int i)", "()", "()"],
            "arguments": ["(size)", "()"],
            "block": [
                "{ … }",
                "{ … }",
                "{ }",
                "{ clear(); }",
                "{ return data_[i]; }",
                "{ return size_ > 0; }",
                "{ return size_; }",
                "{ Fast, Safe }",
                "{ }",
                "{ … }",
            ],
        },
        [
            ("class", "app::core", "namespace app::core", "{ … }"),
            ("class", "Stack", "class Stack : public Base<T>", "{ … }"),
            ("function", "Stack", "explicit Stack(int size) : size_(size), data_{nullptr}", "{ }"),
            ("function", "~Stack", "~Stack()", "{ clear(); }"),
            ("function", "operator[]", "T& operator[](int i)", "{ return data_[i]; }"),
            ("function", "operator bool() const", "operator bool() const", "{ return size_ > 0; }"),
            ("function", "size", "virtual int size() const override", "{ return size_; }"),
            ("class", "Mode", "enum class Mode : int", "{ Fast, Safe }"),
            ("class", "Stack", "struct Stack<int>", "{ }"),
            ("class", None, "namespace", "{ … }"),
        ],
    ),
    Case(
        "members",
        "cpp",
        r"""
#include "stack.hpp"

int app::core::Stack::push(int value) {
    auto twice = [&](int x) { return x * 2; };
    std::vector<int> all{1, 2};
    Point point(1, 2);
    return twice(value);
}

template <typename T>
T* Stack<T>::top() { return nullptr; }

Stack::Stack(int size) : size_(size) { }
Stack::~Stack() { }
Stack& Stack::operator=(const Stack& other) { return *this; }
Stack::operator int() const { return 1; }

[[nodiscard]] auto raw() -> std::string {
    try {
        return R"(a "raw" one)";
    } catch (const Error& error) {
        throw std::runtime_error("x" + error.what());
    }
}
""",
        {
            "string": ['"stack.hpp"', 'R"(a "raw" one)"', '"x"'],
            "import": ['#include "stack.hpp"\n'],
            "decorator": ["[[nodiscard]]"],
            "parameters": [
                "(int value)",
                "(int x)",
                "()",
                "(int size)",
                "()",
                "(const Stack& other)",
                "()",
                "()",
            ],
            "arguments": ["(1, 2)", "(value)", "(size)", '("x" + error.what())', "()"],
            "block": [
                "{ … }",
                "{ return x * 2; }",
                "{ return nullptr; }",
                "{ }",
                "{ }",
                "{ return *this; }",
                "{ return 1; }",
                "{ … }",
                "{ … }",
                "{ … }",
            ],
        },
        [
            ("function", "push", "int app::core::Stack::push(int value)", "{ … }"),
            ("function", "twice", "auto twice = [&](int x)", "{ return x * 2; }"),
            ("function", "top", "T* Stack<T>::top()", "{ return nullptr; }"),
            ("function", "Stack", "Stack::Stack(int size) : size_(size)", "{ }"),
            ("function", "~Stack", "Stack::~Stack()", "{ }"),
            (
                "function",
                "operator=",
                "Stack& Stack::operator=(const Stack& other)",
                "{ return *this; }",
            ),
            ("function", "operator int() const", "Stack::operator int() const", "{ return 1; }"),
            ("function", "raw", "[[nodiscard]] auto raw() -> std::string", "{ … }"),
        ],
    ),
    Case(
        "types",
        "cpp",
        r"""
/* Types. */
#define TWICE(x) ((x) * 2)
struct Point { int x; };
Point **points() { return nullptr; }
struct app::Point::Hidden { };
union Word { int i; };
typedef struct { int x; } Plain;

template <typename T>
concept Sized = requires(T t) { t.size(); };

int run(int code) try {
    return code;
} catch (...) {
    return 'x';
}
""",
        {
            "variable": ["typedef struct { int x; } Plain;"],
            "comment": ["/* Types. */"],
            "string": ["'x'"],
            "parameters": ["(x)", "()", "(T t)", "(int code)"],
            "arguments": ["()"],
            "block": [
                "{ int x; }",
                "{ return nullptr; }",
                "{ }",
                "{ int i; }",
                "{ int x; }",
                "{ t.size(); }",
                "{ … }",
                "{ … }",
            ],
        },
        [
            ("class", "Point", "struct Point", "{ int x; }"),
            ("function", "points", "Point **points()", "{ return nullptr; }"),
            ("class", "Hidden", "struct app::Point::Hidden", "{ }"),
            ("class", "Word", "union Word", "{ int i; }"),
            ("class", "Plain", "typedef struct", "{ int x; }"),
            ("function", "run", "int run(int code)", "try { … }"),
        ],
    ),
    Case(
        "class",
        "csharp",
        r"""
using System;
using static System.Math;
[assembly: Version("1.0")]

namespace Shop.Core
{
    /// <summary>A cart.</summary>
    [Serializable]
    public class Cart<T> : Base, IPriced
    {
        public int Count { get; set; } = 0;
        public int Total { get { return total; } set => total = value; }
        public string Name => "cart";
        public T this[int i] { get { return items[i]; } }

        public Cart(int size) : base(size) { }
        ~Cart() { }

        public static Cart<T> operator +(Cart<T> a, Cart<T> b) { return a; }

        public async Task<int> Add([NotNull] T item, string note = @"none")
        {
            int Twice(int x) { return x * 2; }
            Action log = () => { Print('c'); };
            var point = new Point { X = 1 };
            var text = $"{item} is {Twice(1) + 1:N2}";
            switch (point.X)
            {
                case 1: break;
            }
            return await Save(text, point switch { _ => 2 });
        }

        int Size() => 1;
    }

    record Point(int X, int Y) { }
    struct Range { }
    interface IPriced { int Price(); }
    enum Color { Red, Green = 2 }
}
""",
        {
            "comment": ["/// <summary>A cart.</summary>"],
            "string": ['"1.0"', '"cart"', '@"none"', "'c'", '$"{item} is {Twice(1) + 1:N2}"'],
            "code": ["{item}", "{Twice(1) + 1:N2}"],
            "import": ["using System;", "using static System.Math;"],
            "decorator": ['[assembly: Version("1.0")]', "[Serializable]", "[NotNull]"],
            "parameters": [
                "[int i]",
                "(int size)",
                "()",
                "(Cart<T> a, Cart<T> b)",
                '([NotNull] T item, string note = @"none")',
                "(int x)",
                "()",
                "()",
                "(int X, int Y)",
                "()",
            ],
            "arguments": ['("1.0")', "(size)", "('c')", "(1)", "(text, point switch { _ => 2 })"],
            "block": [
                "{ … }",
                "{ … }",
                "{ get; set; }",
                "{ get { return total; } set => total = value; }",
                "{ return total; }",
                "{ get { return items[i]; } }",
                "{ return items[i]; }",
                "{ }",
                "{ }",
                "{ return a; }",
                "{ … }",
                "{ return x * 2; }",
                "{ Print('c'); }",
                "{ … }",
                "point switch { _ => 2 }",
                "{ }",
                "{ }",
                "{ int Price(); }",
                "{ Red, Green = 2 }",
            ],
        },
        [
            ("class", "Shop.Core", "namespace Shop.Core", "{ … }"),
            ("class", "Cart", "[Serializable] … public class Cart<T> : Base, IPriced", "{ … }"),
            (
                "function",
                "Total",
                "public int Total",
                "{ get { return total; } set => total = value; }",
            ),
            ("function", "Name", "public string Name", '=> "cart"'),
            ("function", "this", "public T this[int i]", "{ get { return items[i]; } }"),
            ("function", "Cart", "public Cart(int size) : base(size)", "{ }"),
            ("function", "Cart", "~Cart()", "{ }"),
            (
                "function",
                "+",
                "public static Cart<T> operator +(Cart<T> a, Cart<T> b)",
                "{ return a; }",
            ),
            (
                "function",
                "Add",
                'public async Task<int> Add([NotNull] T item, string note = @"none")',
                "{ … }",
            ),
            ("function", "Twice", "int Twice(int x)", "{ return x * 2; }"),
            ("function", "log", "Action log = () =>", "{ Print('c'); }"),
            ("function", "Size", "int Size()", "=> 1"),
            ("class", "Point", "record Point(int X, int Y)", "{ }"),
            ("class", "Range", "struct Range", "{ }"),
            ("class", "IPriced", "interface IPriced", "{ int Price(); }"),
            ("class", "Color", "enum Color", "{ Red, Green = 2 }"),
        ],
    ),
    Case(
        "members",
        "csharp",
        r"""
// Members of other kinds.
extern alias Old;

class Cart
{
    Func<int, int> twice = x => x * 2;
    event EventHandler Changed { add { Watch("x"); } remove { } }
    public int this[int i] => items[i];
    public static implicit operator int(Cart cart) => 1;
}
""",
        {
            "comment": ["// Members of other kinds."],
            "string": ['"x"'],
            "import": ["extern alias Old;"],
            "parameters": ["[int i]", "(Cart cart)"],
            "arguments": ['("x")'],
            "block": ["{ … }", '{ add { Watch("x"); } remove { } }', '{ Watch("x"); }', "{ }"],
        },
        [
            ("class", "Cart", "class Cart", "{ … }"),
            ("function", "twice", "Func<int, int> twice = x =>", "x * 2"),
            (
                "function",
                "Changed",
                "event EventHandler Changed",
                '{ add { Watch("x"); } remove { } }',
            ),
            ("function", "this", "public int this[int i]", "=> items[i]"),
            ("function", "int", "public static implicit operator int(Cart cart)", "=> 1"),
        ],
    ),
    Case(
        "class",
        "ruby",
        r"""
# A cart.
require "json"
require_relative './item'

module Shop
  class Cart < Base
    attr_reader :items

    def initialize(items, limit: 10, &block)
      @items = items
      super(items)
    end

    def self.empty = new([])

    def total
      items.sum { |item| item.price }
    end

    def total=(value)
      @total = { sum: value, "kind" => :fixed }
    end

    def self.open
      new
    end

    def close; end

    private def log text, level
      puts "#{level}: #{text} €"
    end

    class << self
      def open
        yield(File.new(`pwd`))
      end
    end
  end

  class Empty; end
end

items.each do |item, i|
  if item
    print(item)
  else
    skip
  end
end

double = ->(x) { x * 2 }
text = <<~TEXT
  It is #{double.(1)}.
TEXT
""",
        {
            "variable": ["double = ->(x) { x * 2 }", "text = <<~TEXT"],
            "comment": ["# A cart."],
            "string": ['"json"', "'./item'", '"kind"', '"#{level}: #{text} €"', "`pwd`", " … TEXT"],
            "code": ["#{level}", "#{text}", "#{double.(1)}"],
            "import": ['require "json"', "require_relative './item'"],
            "parameters": [
                "(items, limit: 10, &block)",
                "|item|",
                "(value)",
                "text, level",
                "|item, i|",
                "(x)",
            ],
            "arguments": ["(items)", "([])", "(File.new(`pwd`))", "(`pwd`)", "(item)", "(1)"],
            "block": [
                "class Cart < Base … class Empty; end",
                "attr_reader :items … end",
                "@items = items … super(items)",
                "items.sum { |item| item.price }",
                "{ |item| item.price }",
                '@total = { sum: value, "kind" => :fixed }',
                "new",
                'puts "#{level}: #{text} €"',
                "def open … end",
                "yield(File.new(`pwd`))",
                "do |item, i| … end",
                " … print(item)",
                "else … skip",
                "{ x * 2 }",
            ],
        },
        [
            ("class", "Shop", "module Shop", "class Cart < Base … class Empty; end"),
            ("class", "Cart", "class Cart < Base", "attr_reader :items … end"),
            (
                "function",
                "initialize",
                "def initialize(items, limit: 10, &block)",
                "@items = items … super(items)",
            ),
            ("function", "empty", "def self.empty =", "new([])"),
            ("function", "total", "def total", "items.sum { |item| item.price }"),
            (
                "function",
                "total=",
                "def total=(value)",
                '@total = { sum: value, "kind" => :fixed }',
            ),
            ("function", "open", "def self.open", "new"),
            ("function", "close", "def close; end", None),
            ("function", "log", "def log text, level", 'puts "#{level}: #{text} €"'),
            ("class", "self", "class << self", "def open … end"),
            ("function", "open", "def open", "yield(File.new(`pwd`))"),
            ("class", "Empty", "class Empty; end", None),
            ("function", "double", "double = ->(x)", "{ x * 2 }"),
        ],
    ),
    Case(
        "class",
        "php",
        r"""
<?php
// A cart.
namespace Shop\Models;

use Shop\Base;
use Shop\{Item, Price as P};
require_once __DIR__ . '/helpers.php';

#[Entity("carts")]
final class Cart extends Base implements Priced {
    use Logs;

    private array $items = ['a' => 1];

    public function __construct(private int $limit, Item ...$items) {
        parent::__construct($limit);
    }

    abstract function close();

    public static function show(): string {
        foreach ($items as $item) {
            echo "$item costs {$item->price} €";
        }
        return match(true) { default => 'none' };
    }
}

interface Priced { }
trait Logs { function log() { } }
enum Color: string { case Red = 'r'; }

function total(int $x = 1) {
    return array_map(function ($y) use ($x) { return $y; }, []);
}

$double = fn($x) => $x * 2;
$page = <<<HTML
<p>$page</p>
HTML;
if ($page): show(); endif;
""",
        {
            "variable": ["$double = fn($x) => $x * 2;", "$page = <<<HTML … HTML;"],
            "comment": ["// A cart."],
            "string": [
                "'/helpers.php'",
                '"carts"',
                "'a'",
                '"$item costs {$item->price} €"',
                "'none'",
                "'r'",
                "<<<HTML … HTML",
            ],
            "code": ["$item", "$item->price", "$page"],
            "import": [
                "use Shop\\Base;",
                "use Shop\\{Item, Price as P};",
                "require_once __DIR__ . '/helpers.php';",
            ],
            "decorator": ['#[Entity("carts")]'],
            "parameters": [
                "(private int $limit, Item ...$items)",
                "()",
                "()",
                "()",
                "(int $x = 1)",
                "($y)",
                "($x)",
            ],
            "arguments": [
                '("carts")',
                "($limit)",
                "(function ($y) use ($x) { return $y; }, [])",
                "()",
            ],
            "block": [
                "{ … }",
                "{ … }",
                "{ … }",
                "{ … }",
                "{ default => 'none' }",
                "{ }",
                "{ function log() { } }",
                "{ }",
                "{ case Red = 'r'; }",
                "{ … }",
                "{ return $y; }",
                ": show();",
            ],
        },
        [
            (
                "class",
                "Cart",
                '#[Entity("carts")] … final class Cart extends Base implements Priced',
                "{ … }",
            ),
            (
                "function",
                "__construct",
                "public function __construct(private int $limit, Item ...$items)",
                "{ … }",
            ),
            ("function", "show", "public static function show(): string", "{ … }"),
            ("class", "Priced", "interface Priced", "{ }"),
            ("class", "Logs", "trait Logs", "{ function log() { } }"),
            ("function", "log", "function log()", "{ }"),
            ("class", "Color", "enum Color: string", "{ case Red = 'r'; }"),
            ("function", "total", "function total(int $x = 1)", "{ … }"),
            ("function", "$double", "$double = fn($x) =>", "$x * 2"),
        ],
    ),
    Case(
        "namespaces",
        "php",
        r"""
<?php
# Namespaces with braces.
namespace Shop {
    use function Lib\run;

    function lines(string $file) {
        $text = `cat $file`;
        return new Reader(run($text), "{$file}s");
    }
}
""",
        {
            "comment": ["# Namespaces with braces."],
            "string": ["`cat $file`", '"{$file}s"'],
            "code": ["$file", "$file"],
            "import": ["use function Lib\\run;"],
            "parameters": ["(string $file)"],
            "arguments": ['(run($text), "{$file}s")', "($text)"],
            "block": ["{ … }", "{ … }"],
        },
        [
            ("class", "Shop", "namespace Shop", "{ … }"),
            ("function", "lines", "function lines(string $file)", "{ … }"),
        ],
    ),
    Case(
        "script",
        "shellscript",
        r"""
#!/bin/bash
source ./lib.sh
. /etc/profile

# Greets.
greet() {
  local name="$1 of $(hostname)"
  echo 'hello' "$name" $'\n'
  ((count++))
}

function cleanup { rm -f tmp; }

in_shell() ( cd /tmp )

if [ -f x ]; then
  greet a
fi
for i in a b; do
  echo $i
done
cat <<EOF | sort
text $i and $(date)
EOF
""",
        {
            "comment": ["#!/bin/bash", "# Greets."],
            "string": [
                '"$1 of $(hostname)"',
                "'hello'",
                '"$name"',
                "$'\\n'",
                "text $i and $(date)\n",
            ],
            "code": ["$1", "$(hostname)", "$name", "$i", "$(date)"],
            "import": ["source ./lib.sh", ". /etc/profile"],
            "block": [
                "{ … }",
                "{ rm -f tmp; }",
                "( cd /tmp )",
                "if [ -f x ]; then … fi",
                "do … done",
            ],
        },
        [
            ("function", "greet", "greet()", "{ … }"),
            ("function", "cleanup", "function cleanup", "{ rm -f tmp; }"),
            ("function", "in_shell", "in_shell()", "( cd /tmp )"),
        ],
    ),
    Case(
        "page",
        "html",
        r"""
<!DOCTYPE html>
<!-- A page. -->
<html lang="en">
  <body id=main data-x='y z'>
    <p>It isn't "much".</p>
    <script src="app.js">let a = "1";</script>
  </body>
</html>
""",
        {"comment": ["<!-- A page. -->"], "string": ['"en"', "'y z'", '"app.js"']},
        [],
    ),
    Case(
        "sheet",
        "css",
        r"""
/* A sheet. */
@import url("base.css");
@charset "utf-8";

a.link > b, p:not(.x)::before {
  background: url("a.png");
  width: calc(1px + var(--gap));
  & .inner { top: 0; }
}

@media (max-width: 30em) {
  a { color: red; }
}

@keyframes fade {
  from { opacity: 0; }
}
""",
        {
            "comment": ["/* A sheet. */"],
            "string": ['"base.css"', '"utf-8"', '"a.png"'],
            "import": ['@import url("base.css");'],
            "arguments": ['("base.css")', '("a.png")', "(1px + var(--gap))", "(--gap)"],
            "block": [
                "{ … }",
                "{ top: 0; }",
                "{ … }",
                "{ color: red; }",
                "{ … }",
                "{ opacity: 0; }",
            ],
        },
        [
            ("class", "a.link > b, p:not(.x)::before", "a.link > b, p:not(.x)::before", "{ … }"),
            ("class", "& .inner", "& .inner", "{ top: 0; }"),
            ("class", "a", "a", "{ color: red; }"),
        ],
    ),
    Case(
        "schema",
        "sql",
        r"""
-- Users.
/* All of them. */
CREATE TABLE IF NOT EXISTS app.users (
  id INT PRIMARY KEY,
  name VARCHAR(20) DEFAULT 'none'
);
CREATE TABLE copies AS SELECT 1;
CREATE FUNCTION add(a int, b int) RETURNS int AS $$
BEGIN
  RETURN a + b;
END;
$$ LANGUAGE plpgsql;
CREATE PROCEDURE clear(days int) LANGUAGE sql AS $$ DELETE FROM users $$;
CREATE VIEW names AS SELECT name FROM users WHERE name = 'it''s' AND id > 1.5;
CREATE TYPE mood AS ENUM ('sad', 'ok');
INSERT INTO users (id, name) VALUES (1, $$x$$), (NULL, TRUE);
BEGIN
  SELECT 1;
END;
""",
        {
            "comment": ["-- Users.", "/* All of them. */"],
            "string": ["'none'", "'it''s'", "'sad'", "'ok'", "$$x$$"],
            "parameters": ["(a int, b int)", "(days int)"],
            "block": ["BEGIN … END"],
        },
        [
            ("class", "users", "CREATE TABLE IF NOT EXISTS app.users", "( … )"),
            ("class", "copies", "CREATE TABLE copies AS", "SELECT 1"),
            ("function", "add", "CREATE FUNCTION add(a int, b int) RETURNS int", "AS $$ … $$"),
            (
                "function",
                "clear",
                "CREATE PROCEDURE clear(days int) LANGUAGE sql",
                "AS $$ DELETE FROM users $$",
            ),
            (
                "class",
                "names",
                "CREATE VIEW names AS",
                "SELECT name FROM users WHERE name = 'it''s' AND id > 1.5",
            ),
            ("class", "mood", "CREATE TYPE mood AS ENUM", "('sad', 'ok')"),
        ],
    ),
    Case(
        "config",
        "yaml",
        r"""
# A config.
name: "x"
kind: 'y'
steps: [plain, {run: "z"}]
script: |
  echo one
  echo two
""",
        {"comment": ["# A config."], "string": ['"x"', "'y'", '"z"', "| … echo two\n"]},
        [],
    ),
    Case(
        "config",
        "toml",
        r"""
# A config.
name = "x"
[tool.ruff]
"line length" = 100
[[plugins]]
path = '''
y'''
range = [{ from = 1 }]
""",
        {"comment": ["# A config."], "string": ['"x"', '"line length"', "''' … y'''"]},
        [
            ("class", "tool.ruff", '[tool.ruff] … "line length" = 100\n', None),
            ("class", "plugins", "[[plugins]] … range = [{ from = 1 }]\n", None),
        ],
    ),
    Case(
        "config",
        "json",
        r"""
// With comments.
{"name": "é", "list": [1, {"on": true}]}
/* At the end. */
""",
        {
            "comment": ["// With comments.", "/* At the end. */"],
            "string": ['"name"', '"é"', '"list"', '"on"'],
        },
        [],
    ),
    Case(
        "readme",
        "markdown",
        r"""
# Title

Text with `code`.

```python title="x"
def f():
    return 1
```

~~~
no language
~~~

- item

  ```js
  f()
  ```
""",
        {},
        [
            ("fence", "python", '```python title="x"', "def f(): … return 1\n"),
            ("fence", "js", "```js", "f() … "),
        ],
    ),
]


def grammar(row: Language) -> Grammar:
    """The row's grammar; without its wheel the test is skipped."""
    pytest.importorskip(row.grammar)
    return grammar_of(row)


def parsed(case: Case, text: str | None = None) -> SyntaxTree:
    row = language_named(case.language)
    return SyntaxTree.parse(case.text if text is None else text, grammar(row))


def brief(text: str) -> str:
    """A text as its first and last line."""
    lines = text.removesuffix("\n").split("\n")
    end = "\n" if text.endswith("\n") else ""
    return (lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1].strip()}") + end


def definition(text: str, found: Capture) -> tuple[str, str | None, str, str | None]:
    name, body = found.inner.get("name"), found.inner.get("body")
    head = text[found.start : body[0]].rstrip() if body else text[found.start : found.end]
    return (
        found.kind,
        text[slice(*name)] if name else None,
        brief(head),
        brief(text[slice(*body)]) if body else None,
    )


def check(case: Case) -> None:
    text, tree = case.text, parsed(case)
    assert tree.errors() == 0
    plain: dict[str, list[str]] = {}
    definitions = []
    for found in sorted(tree.captures(0, len(text)), key=lambda found: (found.start, -found.end)):
        if found.kind in DEFINITIONS:
            definitions.append(definition(text, found))
        else:
            plain.setdefault(found.kind, []).append(brief(text[found.start : found.end]))
    assert plain == case.captures
    assert definitions == case.definitions


each_case = pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.language}-{case.name}") for case in CASES]
)


@each_case
def test_what_a_query_captures(case: Case):
    check(case)


@each_case
def test_literals_are_the_captures_of_their_kinds(case: Case):
    tree = parsed(case)
    spans = [(found.kind, found.start, found.end) for found in tree.captures(0, len(case.text))]
    literals = [(found.kind, found.start, found.end) for found in tree.literals(0, len(case.text))]
    assert Counter(literals) == Counter(span for span in spans if span[0] in LITERALS)
    assert literals or case.language == "markdown"


@each_case
def test_broken_source_has_captures(case: Case):
    text = case.text
    whole = next(parsed(case).literals(0, len(text)), None)
    for cut in range(0, len(text), 5):
        found = list(parsed(case, text[:cut]).captures(0, cut))
        for capture in found:
            assert capture.kind in KINDS
            assert 0 <= capture.start <= capture.end <= cut
            for start, end in capture.inner.values():
                assert capture.start <= start <= end <= capture.end
        # What is broken farther down leaves the first literal as it was.
        if whole is not None and whole.end < cut:
            assert whole in found


@each_case
def test_a_line_that_is_being_typed_leaves_the_rest(case: Case):
    """An unfinished call at the end of the source takes nothing away from what stands above it."""
    tree = parsed(case)
    above = {
        (found.kind, found.start, found.end)
        for found in tree.captures(0, len(case.text))
        if found.kind in LITERALS and found.end < len(case.text)
    }
    typed = parsed(case, case.text + "\nfoo(")
    found = {
        (found.kind, found.start, found.end)
        for found in typed.captures(0, len(typed.text))
        if found.kind in LITERALS
    }
    assert above <= found


def test_there_is_a_case_for_every_language():
    assert {row.name for row in LANGUAGES} == {case.language for case in CASES} | {"python"}


@pytest.mark.parametrize("row", LANGUAGES, ids=lambda row: row.name)
def test_a_query_fits_its_grammar(row: Language):
    known = grammar(row)
    assert known.language == row
    assert known.query.pattern_count > 0
    assert grammar_of(row) is known


def test_every_query_is_of_a_row():
    files = {file.name for file in resources.files("codegen.syntax").joinpath("queries").iterdir()}
    assert files == {f"{row.query or row.name}.scm" for row in LANGUAGES}


@pytest.mark.parametrize(
    "spelt",
    [
        [id_ for row in LANGUAGES for id_ in (row.name, *row.ids)],
        [suffix for row in LANGUAGES for suffix in row.suffixes],
        [name for row in LANGUAGES for name in row.filenames],
    ],
    ids=["ids", "suffixes", "filenames"],
)
def test_means_one_language(spelt: list[str]):
    assert [one for one, times in Counter(spelt).items() if times > 1] == []


def test_spelt_as_they_are_looked_up():
    for row in LANGUAGES:
        assert all(id_ == id_.lower() for id_ in (row.name, *row.ids))
        assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in row.suffixes)


def test_suffix_without_its_dot_is_an_alias():
    """What a name means after a fence doesn't hang on which table is asked first."""
    for row in LANGUAGES:
        for suffix in row.suffixes:
            assert language_named(suffix[1:]) == row


@pytest.mark.parametrize(
    ("path", "language_id", "expected"),
    [
        ("src/app.py", None, "python"),
        ("src/APP.PY", None, "python"),
        ("a.d.ts", None, "typescript"),
        ("list.tsx", None, "typescriptreact"),
        ("list.h", None, "c"),
        ("Gemfile", None, "ruby"),
        ("lib/Rakefile", None, "ruby"),
        (".bashrc", None, "shellscript"),
        # The editor knows better, in any case of letters.
        ("list.h", "cpp", "cpp"),
        ("notes.txt", "markdown", "markdown"),
        (None, "Go", "go"),
        ("view.jsx", "javascriptreact", "javascript"),
        # What we don't know gives way to the name.
        ("app.py", "klingon", "python"),
        ("app.py", "", "python"),
        ("Gemfile.txt", None, None),
        ("gemfile", None, None),
        ("notes.txt", None, None),
        ("py", None, None),
        (None, "klingon", None),
        (None, None, None),
    ],
)
def test_the_language_of_a_file(path, language_id, expected):
    row = language_of(path, language_id)
    assert (row.name if row else None) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("python", "python"),
        ("Python", "python"),
        ("py", "python"),
        ("c++", "cpp"),
        ("C#", "csharp"),
        ("bash", "shellscript"),
        ("tsx", "typescriptreact"),
        ("rs", "rust"),
        ("yml", "yaml"),
        ("jsonc", "json"),
        ("text", None),
        ("", None),
    ],
)
def test_the_language_that_a_name_means(name, expected):
    row = language_named(name)
    assert (row.name if row else None) == expected


@pytest.fixture
def forgotten():
    """No grammar is kept from before the test, nor for those after it."""
    grammar_of.cache_clear()
    yield
    grammar_of.cache_clear()


@pytest.mark.usefixtures("forgotten")
def test_a_language_whose_wheel_is_missing_has_no_grammar(monkeypatch):
    monkeypatch.setitem(sys.modules, "tree_sitter_go", None)
    assert grammar_of(language_named("go")) is None
    assert grammar_of(language_named("python")) is not None


@pytest.mark.usefixtures("forgotten")
def test_query_that_does_not_fit():
    row = replace(language_named("python"), query="html")
    with pytest.raises(CodegenError, match=r"tree_sitter_python .*queries/html\.scm"):
        grammar_of(row)
