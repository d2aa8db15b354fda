"""Reading files beside the event loop: their trees, and what hole a cursor stands in."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import Prepared, prepare
from codegen.document import Document
from codegen.errors import CancelledError
from codegen.session.file import OpenFile
from codegen.syntax.opening import tree_at
from codegen.syntax.trees import Trees

# Files that are read at the same time: one that takes seconds holds up no other.
_THREADS: Final = 4


class Reader:
    """Reads one text after the other of each file. Of one event loop.

    A large or a broken file takes seconds to parse, in which nothing else must have to wait.
    """

    def __init__(self, executor: Executor | None = None) -> None:
        """Reads in threads of its own, or in those of an executor."""
        self._executor = executor or ThreadPoolExecutor(_THREADS, "codegen-parser")
        self._tasks: set[asyncio.Task[Prepared]] = set()

    def read(
        self,
        file: OpenFile,
        document: Document,
        options: CompletionOptions,
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> "asyncio.Task[Prepared]":
        """Reads a document: the file as it is now, or as it may soon be.

        It isn't to be cancelled: the next one begins with its tree.

        Args:
            file: whose trees are gone on with.
            document: the text and the cursor.
            options: what is wanted of a completion there.
            wanted: whether anybody still waits, asked when the texts before it are read.

        Raises:
            CancelledError: nobody does.
        """
        task = asyncio.create_task(self._read(file, document, options, wanted))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def stop(self) -> None:
        """Reads nothing more."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _read(
        self,
        file: OpenFile,
        document: Document,
        options: CompletionOptions,
        wanted: Callable[[], bool],
    ) -> Prepared:
        is_file = document.text == file.text
        async with file.reading:
            if not wanted():
                raise CancelledError("nobody waits any more")
            job = self._executor.submit(_read, file.trees, document, options, keep=is_file)
            return await asyncio.wrap_future(job)

    def _ended(self, task: asyncio.Task[Prepared]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # Looked at here, since nobody else may be left to.
            task.exception()


def _read(trees: Trees, document: Document, options: CompletionOptions, *, keep: bool) -> Prepared:
    tree = trees.of(document.text, keep=keep)
    whole = replace(document, tree=tree and tree_at(tree, document.cursor))
    return prepare(whole, options)
