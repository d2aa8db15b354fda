"""A process that is `codegen lsp` but for its model, which is scripted.

Its first argument is a JSON of Script. What the model is asked is written to a journal, a JSON per
line, since a test can't look into this process.
"""

import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from codegen.engine.outcome import Usage
from codegen.engine.scripted import ScriptedGeneration
from codegen.errors import EngineError
from codegen.local.model import LocalModel
from codegen.prompt.families import recognise
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer
from codegen.session.types import Offer
from codegen_lsp.cli import start

# What the samples of a request write, in their order.
ANSWERS = ("alpha + beta", "alpha - beta", "beta + alpha")

# What a document says to get another answer, or none.
SLOW = re.compile(r"slowly (\d+)")  # milliseconds per token
LONG = "at length"
SEVERAL = "several lines"
CRASH = "break down"
PRINT = "say something"

LENGTH = 40
LONG_ANSWER = " + ".join(["alpha"] * LENGTH)

# For the body of a function that is indented by four.
LINES = "total = alpha + beta\n    return total"


@dataclass(frozen=True, slots=True)
class Script:
    """How a server is to behave.

    `hold` is a file without which the model isn't loaded; `offer` is a name, bytes and a source;
    `broken` is why it can't be loaded; `progress` counts the bytes of a transfer that is played.
    """

    tokenizer: str
    journal: str
    log_file: str | None = None
    hold: str | None = None
    offer: tuple[str, int, str] | None = None
    broken: str | None = None
    progress: int = 0


class Journal:
    def __init__(self, path):
        self._path = Path(path)

    def write(self, **entry):
        # Opened each time: a line is there as soon as this returns.
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


class RuleBackend:
    """Answers by what the prompt says, after the bytes that it has to spell."""

    window = 2048

    def __init__(self, tokenizer, journal):
        self._tokenizer = tokenizer
        self._journal = journal

    def generate(self, request, cancel):
        prompt = self._tokenizer.decode_bytes(request.prompt).decode(errors="replace")
        if CRASH in prompt:
            raise EngineError("the script says so")
        if PRINT in prompt:
            print("printed by the engine", flush=True)
            sys.__stdout__.write("written to the old stdout\n")
            sys.__stdout__.flush()
        forced = request.constraint.remaining.decode() if request.constraint else ""
        # Who has typed the beginning of an answer gets the rest of it.
        typed = forced.strip()
        written = (LONG_ANSWER,) if LONG in prompt else (LINES,) if SEVERAL in prompt else ANSWERS
        texts = [answer.removeprefix(typed) for answer in written]
        answers = {
            index: tuple(self._tokenizer.encode(forced + texts[index % len(texts)]))
            for index in range(len(request.samples))
        }
        slow = SLOW.search(prompt)
        seconds = int(slow[1]) / 1000 if slow else 0.0
        return _Generation(ScriptedGeneration(request, answers, cancel), seconds, self._journal)

    def warm(self, prompt, cancel):
        cancel.check()
        return Usage(len(prompt), 0, 0.0, 0.0, 0)

    def forget(self):
        pass


class _Generation:
    def __init__(self, script, seconds, journal):
        self._script = script
        self._seconds = seconds
        self._journal = journal

    @property
    def usage(self):
        return self._script.usage

    def end(self, sample):
        self._script.end(sample)

    def __iter__(self):
        steps, whole = 0, False
        self._journal.write(event="begin")
        try:
            for step in self._script:
                steps += 1
                time.sleep(self._seconds)
                yield step
            whole = True
        finally:
            self._journal.write(event="end", steps=steps, whole=whole)


class Provider:
    def __init__(self, script, settings):
        self._script = script
        self._settings = settings
        self._journal = Journal(script.journal)

    def offer(self):
        return Offer(*self._script.offer) if self._script.offer else None

    def load(self, progress):
        script = self._script
        self._journal.write(event="load", model=self._settings.model)
        while script.hold and not Path(script.hold).exists():
            time.sleep(0.01)
        if script.progress:
            progress.start("fetching the model", script.progress)
            for _ in range(4):
                progress.advance(script.progress // 4)
            progress.finish()
        if script.broken:
            raise EngineError(script.broken)
        tokenizer = Tokenizer.load(Path(script.tokenizer))
        return LocalModel(
            name="scripted",
            backend=RuleBackend(tokenizer, self._journal),
            tokenizer=tokenizer,
            vocabulary=Vocabulary.of(tokenizer),
            family=recognise(tokenizer.special_ids),
            device="cpu",
        )


def main():
    script = Script(**json.loads(sys.argv[1]))
    log_file = Path(script.log_file) if script.log_file else None
    start(log_file, lambda settings: Provider(script, settings))


if __name__ == "__main__":
    main()
