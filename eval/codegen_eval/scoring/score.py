"""Judging many completions at once."""

import queue
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Final

from codegen.errors import CodegenError
from codegen_eval.errors import DataError, SandboxError
from codegen_eval.judge.outcome import Judgement
from codegen_eval.sandbox.types import Sandbox
from codegen_eval.scoring.judge import Judge, ScoreOptions
from codegen_eval.suites.problem import Suite
from codegen_eval.suites.verdict import Result, Submission, Verdict

_Pair = tuple[str, str, bool]
"""Task, completion, and whether that is a whole program."""

_MAX_TOLD: Final = 3


def score(
    suite: Suite,
    submissions: Sequence[Submission],
    options: ScoreOptions,
    sandbox: Sandbox,
    done: Mapping[_Pair, Result] | None = None,
) -> Iterator[Result]:
    """Judges submissions, and yields each result as soon as it is known, in no fixed order.

    Equal completions of a task are judged once. A program that ran out of time while others ran is
    judged again alone, after all others, and only then gets the verdict TIMEOUT.

    Args:
        suite: has the problem of every submission.
        submissions: what to judge.
        options: the limits, and how many programs run at once.
        sandbox: where programs run.
        done: known results, by task, completion and whether that is a whole program.

    Raises:
        DataError: a task isn't in the suite; or, after all other results, a problem is at fault.
        SandboxError: after all other results, some could not be judged.
    """
    pairs = _grouped(suite, submissions)
    for pair in [pair for pair in pairs if done is not None and pair in done]:
        known = (done or {})[pair]
        judgement = Judgement(known.verdict, known.detail, known.cpu_seconds)
        yield from _results(pairs.pop(pair), judgement)
    failed: list[CodegenError] = []
    judge = Judge(sandbox, options)
    try:
        for pair, outcome in _judged(judge, suite, list(pairs), options.jobs):
            if isinstance(outcome, CodegenError):
                failed.append(outcome)
            else:
                yield from _results(pairs[pair], outcome)
    finally:
        judge.close()
        judge.release()
    if failed:
        raise _all_of(failed)


def _grouped(suite: Suite, submissions: Sequence[Submission]) -> dict[_Pair, list[Submission]]:
    pairs: dict[_Pair, list[Submission]] = {}
    for submission in submissions:
        if submission.task_id not in suite.problems:
            raise DataError(f"{suite.name} has no task {submission.task_id!r}")
        pair = submission.task_id, submission.completion, submission.whole
        pairs.setdefault(pair, []).append(submission)
    return pairs


def _judged(
    judge: Judge, suite: Suite, pairs: Sequence[_Pair], jobs: int
) -> Iterator[tuple[_Pair, Judgement | CodegenError]]:
    slow: list[_Pair] = []
    for pair, outcome in _in_parallel(judge, suite, pairs, jobs):
        if isinstance(outcome, Judgement) and outcome.verdict is Verdict.TIMEOUT:
            slow.append(pair)
        else:
            yield pair, outcome
    for pair in slow:
        # Nothing else runs now, of ours at least.
        yield pair, _judge(judge, suite, pair, 0)


def _in_parallel(
    judge: Judge, suite: Suite, pairs: Sequence[_Pair], jobs: int
) -> Iterator[tuple[_Pair, Judgement | CodegenError]]:
    workers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for worker in range(jobs):
        workers.put(worker)

    def work(pair: _Pair) -> Judgement | CodegenError:
        worker = workers.get()
        try:
            return _judge(judge, suite, pair, worker)
        finally:
            workers.put(worker)

    pool = ThreadPoolExecutor(jobs, thread_name_prefix="judge")
    try:
        futures: dict[Future[Judgement | CodegenError], _Pair] = {
            pool.submit(work, pair): pair for pair in pairs
        }
        for future in as_completed(futures):
            yield futures.pop(future), future.result()
    except BaseException:
        # Whoever interrupts doesn't want to wait for the boxes that run.
        judge.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _judge(judge: Judge, suite: Suite, pair: _Pair, worker: int) -> Judgement | CodegenError:
    task_id, completion, whole = pair
    problem = suite.problems[task_id]
    try:
        return judge.judge(problem.opened() if whole else problem, completion, worker)
    except CodegenError as error:
        # The others' results are worth as much without this one.
        return error


def _results(submissions: Sequence[Submission], judgement: Judgement) -> Iterator[Result]:
    for submission in submissions:
        yield Result(
            submission.task_id,
            submission.sample,
            judgement.verdict,
            judgement.detail,
            judgement.cpu_seconds,
        )


def _all_of(failed: Sequence[CodegenError]) -> CodegenError:
    kind = DataError if all(isinstance(error, DataError) for error in failed) else SandboxError
    told = list(dict.fromkeys(str(error) for error in failed))
    more = f"; and {len(told) - _MAX_TOLD} more" if len(told) > _MAX_TOLD else ""
    return kind(f"{len(failed)} not judged: {'; '.join(told[:_MAX_TOLD])}{more}")
