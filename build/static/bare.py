"""Source without annotations: they mean nothing at run time, yet each is evaluated when its module is loaded.

What a class declares stays: records are made of it, and the journal reads it to know how a field is written.
"""

import ast


class Bare(ast.NodeTransformer):
    """Takes annotations away from functions and from the assignments of modules."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Do as with any function."""
        return self.visit_FunctionDef(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        """Return the function without the annotations of its arguments and of what it returns."""
        self.generic_visit(node)
        node.returns = None
        given = node.args
        for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
            if arg:
                arg.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Return the class with what it declares, and its methods without annotations."""
        node.body = [own if isinstance(own, ast.AnnAssign) else self.visit(own) for own in node.body]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """Return a plain assignment, or nothing where nothing is assigned."""
        plain = ast.Assign([node.target], node.value) if node.value else ast.Pass()
        return ast.fix_missing_locations(ast.copy_location(plain, node))


def bared(source: str, name: str) -> ast.Module:
    """Return the tree of a module's source without its annotations; `name` is what errors call it."""
    tree: ast.Module = Bare().visit(ast.parse(source, name))
    return tree
