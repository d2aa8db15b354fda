"""Rewrites tests so that an honest program must fail them.

In `assert a == b`, a probe compares both sides with an object that equals nothing. Only a side that
claims to equal everything is equal to that. A rewritten test that reached a comparison fails at its
end, whatever the sides were.
"""

import ast
from dataclasses import dataclass, field
from typing import Final

_EQUALITIES: Final = {
    "assertEqual",
    "assertEquals",
    "assertListEqual",
    "assertDictEqual",
    "assertTupleEqual",
    "assertSetEqual",
    "assertSequenceEqual",
    "assertCountEqual",
    "assertMultiLineEqual",
    "assertAlmostEqual",
}


def probed(source: str, name: str) -> str | None:
    """A test file in which calls of the probe `name` replace the comparisons.

    None if the file has no comparison that can be replaced, or this Python can't parse it.
    """
    try:
        tree = ast.parse(source)
        rewriter = _Rewriter(name)
        rewriter.visit(tree)
        return ast.unparse(ast.fix_missing_locations(tree)) if rewriter.sites else None
    except (SyntaxError, ValueError, RecursionError):
        return None


@dataclass(slots=True)
class _Rewriter(ast.NodeTransformer):
    """Numbers the comparisons in the order of the file."""

    name: str
    sites: int = field(default=0)

    def visit_Assert(self, node: ast.Assert) -> ast.stmt | list[ast.stmt]:
        calls = self._calls(node.test)
        return [ast.copy_location(ast.Expr(call), node) for call in calls] or node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == "self"
            and len(call.args) >= 2
            and not any(isinstance(arg, ast.Starred) for arg in call.args)
        ):
            if call.func.attr in _EQUALITIES:
                return ast.copy_location(ast.Expr(self._probe("equal", call.args[:2])), node)
            if call.func.attr == "assertIn":
                return ast.copy_location(ast.Expr(self._probe("within", call.args[:2])), node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        self.generic_visit(node)
        self._bracket(node)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.stmt:
        self.generic_visit(node)
        self._bracket(node)
        return node

    def _calls(self, test: ast.expr) -> list[ast.expr]:
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return [call for value in test.values for call in self._calls(value)]
        if not isinstance(test, ast.Compare):
            return []
        if all(isinstance(op, ast.Eq) for op in test.ops):
            return [self._probe("equal", [test.left, *test.comparators])]
        if len(test.ops) == 1 and isinstance(test.ops[0], ast.In):
            return [self._probe("within", [test.left, test.comparators[0]])]
        return []

    def _probe(self, method: str, sides: list[ast.expr]) -> ast.expr:
        self.sites += 1
        return self._call(method, [ast.Constant(self.sites), *sides])

    def _call(self, method: str, arguments: list[ast.expr]) -> ast.expr:
        probe = ast.Name(self.name, ast.Load())
        return ast.Call(ast.Attribute(probe, method, ast.Load()), arguments, [])

    def _bracket(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Makes a test fail at its end; a generator is no test."""
        if not node.name.startswith("test") or any(
            isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node)
        ):
            return
        documented = ast.get_docstring(node, clean=False) is not None
        head, body = node.body[:documented], node.body[documented:]
        if body:
            end = ast.Expr(self._call("end", []))
            node.body = [*head, ast.Try(body=body, handlers=[], orelse=[], finalbody=[end])]
