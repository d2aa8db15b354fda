"""Reads documents outside the event loop: parses them, and finds the hole at the cursor."""

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

# How many files are read at the same time, so that a slow file doesn't hold up the others.
_THREADS: Final = 4


class Reader:
    """Reads the texts of a file one after the other, in threads.

    A large or a broken file takes seconds to parse; the event loop and other files go on
    meanwhile. A reader belongs to one event loop.
    """

    def __init__(self, executor: Executor | None = None) -> None:
        """Reads in the threads of an executor; None makes one."""
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
        """Reads a document: the file as it is now, or as it may become.

        Don't cancel the task: the file's next text is parsed from its tree.

        Args:
            file: the file; its last trees make parsing fast.
            document: the text and the cursor.
            options: the options of the completion.
            wanted: says whether the result is still needed; called after earlier texts are read.

        Raises:
            CancelledError: it is not needed any more.
        """
        task = asyncio.create_task(self._read(file, document, options, wanted))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def stop(self) -> None:
        """Drops what isn't read yet, and reads nothing more."""
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
                raise CancelledError("no request waits for this text any more")
            job = self._executor.submit(_read, file.trees, document, options, keep=is_file)
            return await asyncio.wrap_future(job)

    def _ended(self, task: asyncio.Task[Prepared]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # asyncio warns of an exception that nobody retrieves, and no request may be waiting.
            task.exception()


def _read(trees: Trees, document: Document, options: CompletionOptions, *, keep: bool) -> Prepared:
    tree = trees.of(document.text, keep=keep)
    whole = replace(document, tree=tree and tree_at(tree, document.cursor))
    return prepare(whole, options)
